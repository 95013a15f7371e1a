"""How well and fast recordings are heard."""
