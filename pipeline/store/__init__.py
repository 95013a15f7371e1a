"""The workspace on disk or in object storage."""
