"""Embedded services and the supervisor behind bin/up. Imports no Django."""
