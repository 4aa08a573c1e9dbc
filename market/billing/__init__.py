"""Monthly documents and disputes."""
