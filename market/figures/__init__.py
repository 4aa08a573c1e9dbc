"""Savings, shares and payback, on daily sums."""
