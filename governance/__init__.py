"""Proposals, votes, tally, execution, rehearsal. Nothing lives here yet."""
