"""Tests of pipeline.transcripts.readers."""
