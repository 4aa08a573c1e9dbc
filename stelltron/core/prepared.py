"""Statements that come with every order: PostgreSQL plans each once a connection, where Django has it planned each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def run(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> psycopg.Cursor[Any]:
    """Execute ``statement`` in the transaction under way, its values bound by the server. Raises Django's errors.

    Give only constant texts: every other one is prepared, and kept, anew.
    """
    there = connections[DEFAULT_DB_ALIAS]
    there.ensure_connection()
    there.validate_no_broken_transaction()
    with there.wrap_database_errors:
        return psycopg.Cursor(there.connection).execute(statement, values, prepare=True, binary=True)
