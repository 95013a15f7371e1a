"""The star schema, and the targets it is brought to."""
