"""Fits the weights that come with the project."""
