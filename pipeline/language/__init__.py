"""What was said: sentences, acts, moments, purposes, promised actions."""
