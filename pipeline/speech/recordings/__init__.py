"""Recordings: what a file really holds, and several of one conversation."""
