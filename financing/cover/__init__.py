"""Insurers and what they sell."""
