"""Orders, mandates, engines, slot clearing, statements."""
