"""Generator requests, bids, offerings, units, payouts. Nothing lives here yet."""
