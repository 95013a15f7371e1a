"""Figures of the documentation, each computed by a module here."""
