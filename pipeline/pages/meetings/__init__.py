"""Pages about meetings: guides, preparation, managers."""
