"""Readers: one module for each family of transcript formats."""
