"""Transcripts: formats people have, who speaks in which role, what is left out."""
