"""What quality goes with: won and lost, stages, forecasts, and an element before and after coaching."""
