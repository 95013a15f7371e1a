"""Private: what must not be stored, each kind found in a text."""
