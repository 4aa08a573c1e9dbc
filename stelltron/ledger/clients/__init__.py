"""Typed calls of every contract, a module each, written from their specifications (`bin/manage generate_clients`)."""
