"""Promises: how probable one is, which clauses speak of one, and what a later meeting says has become of it."""
