"""How well acts, moments and actions are found."""
