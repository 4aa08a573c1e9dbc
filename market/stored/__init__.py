"""Stored energy sold ahead: locked, delivered, burned."""
