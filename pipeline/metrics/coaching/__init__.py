"""Coaching: the loop from observing to measuring again, and campaigns."""
