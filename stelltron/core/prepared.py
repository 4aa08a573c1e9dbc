"""Statements that come with every order: PostgreSQL parses each once a connection, and plans it once where values are few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def plan_once() -> None:
    """Until the transaction ends, take the plan that was made for any values: right where each statement gives few."""
    run("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)")


def run(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> psycopg.Cursor[Any]:
    """Execute ``statement`` in the transaction under way, its values bound by the server. Raises Django's errors.

    Give only constant texts: every other one is prepared, and kept, anew.
    """
    there = connections[DEFAULT_DB_ALIAS]
    there.ensure_connection()
    there.validate_no_broken_transaction()
    with there.wrap_database_errors:
        return psycopg.Cursor(there.connection).execute(statement, values, prepare=True, binary=True)
