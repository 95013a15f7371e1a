"""Calibration sessions: who scores which calls in which order, what was answered, what the session came to."""
