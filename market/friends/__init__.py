"""Contracts between two members."""
