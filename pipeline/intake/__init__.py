"""What people hand in: call lists, spreadsheets, YAML."""
