"""Time and memory of nights, by the size of the workspace and of the night."""
