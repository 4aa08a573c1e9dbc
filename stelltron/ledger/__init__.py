"""Everything Stellar: contracts, chain intents, event cursor, journal, reconciliation."""
