"""Closing a settlement slot: rounds, lines, and one chain intent."""
