"""The pages of the report, live: maps and figures, people, managers, next meetings and guides."""
