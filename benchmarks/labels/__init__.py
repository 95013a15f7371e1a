"""How well labels agree with scores."""
