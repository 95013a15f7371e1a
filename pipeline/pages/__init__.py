"""The HTML pages and the messages."""
