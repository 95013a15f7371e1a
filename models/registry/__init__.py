"""Which models there are, what is in use, what is said of them."""
