"""Monte Carlo cost uncertainty for international programmes."""
