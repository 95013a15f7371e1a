"""What KPIs of meetings are counted over, and the weeks in which they are."""
