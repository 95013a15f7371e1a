"""How long nights take as they grow."""
