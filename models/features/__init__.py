"""What a classifier looks at in a call."""
