"""Prepaid meters: codes, and what the meters report."""
