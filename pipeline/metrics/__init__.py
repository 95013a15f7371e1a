"""Figures: measures of a call, KPIs of a week, outcomes, cadence."""
