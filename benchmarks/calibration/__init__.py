"""Whether people's scores make the colours better: simulated customers on data/scripted."""
