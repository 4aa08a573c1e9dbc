"""Units, slots and clock, parameter registry, action log, errors. Imports nothing of ours."""
