"""A running generator: its price, its energy, its upkeep."""
