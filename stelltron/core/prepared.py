"""Statements that come with every order: PostgreSQL parses each once a connection, and plans it once where values are few."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

WORDS = re.compile(r"[\w-]+(,[\w-]+)*", re.ASCII)


def plan_once() -> None:
    """Until the transaction ends, take the plan that was made for any values: right where each statement gives few."""
    run("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)")


def array(values: Collection[Any]) -> str | list[Any]:
    """``values`` for an array that the statement casts (``%s::uuid[]``).

    Where none needs quotes they are spelled out at once: psycopg looks at each by itself, which takes longer than the
    statement.
    """
    some = next(iter(values), None)
    if isinstance(some, UUID):
        return "{" + ",".join([value.hex for value in values]) + "}"
    if type(some) is int:
        return "{" + ",".join([str(value) for value in values]) + "}"
    if isinstance(some, str):
        text = ",".join(values)
        if WORDS.fullmatch(text) and text.count(",") == len(values) - 1 and "null" not in text.lower():
            return "{" + text + "}"
    return list(values)


def columns(rows: Iterable[Sequence[Any]]) -> list[str | list[Any]]:
    """``rows`` as one array a column, for ``unnest``. There is at least one row."""
    return [array(column) for column in zip(*rows, strict=True)]


def run(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> psycopg.Cursor[Any]:
    """Execute ``statement`` in the transaction under way, its values bound by the server. Raises Django's errors.

    Give only constant texts: every other one is prepared, and kept, anew.
    """
    there = connections[DEFAULT_DB_ALIAS]
    there.ensure_connection()
    there.validate_no_broken_transaction()
    with there.wrap_database_errors:
        return psycopg.Cursor(there.connection).execute(statement, values, prepare=True, binary=True)
