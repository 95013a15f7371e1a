"""Measuring on meetings that no model learns from."""
