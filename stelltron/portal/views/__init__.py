"""Pages of the member portal."""
