"""Zones, grid fees and feeders, and the grid operator's statement."""
