"""Tests of pipeline.transcripts.private."""
