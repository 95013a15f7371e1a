"""Measuring on meetings that nothing was learnt from."""
