"""Meetings in writing: those that models learn from, and measuring on those that no model does."""
