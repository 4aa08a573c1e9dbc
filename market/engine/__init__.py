"""The matching engines. Pure: integers in, integers out."""
