"""JSON files: transcripts of recognisers and services, and tables, which become the same records."""
