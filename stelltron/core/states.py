"""State machines: one transition table per model, changed by compare-and-swap only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from .errors import IllegalTransition


def change_state(row: models.Model, table: Mapping[str, set[str]], new: str, **changes: Any) -> None:
    """Move ``row`` to ``new`` (and set ``changes``) if it still is in the state it was read in.

    Raises IllegalTransition when the table has no such arrow or another process moved the row.
    """
    old = row.state  # type: ignore[attr-defined]
    name = type(row)._meta.verbose_name
    if new not in table.get(old, set()):
        raise IllegalTransition("illegal_transition", f"a {name} cannot go from {old} to {new}")
    moved = type(row)._default_manager.filter(pk=row.pk, state=old).update(state=new, **changes)
    if moved != 1:
        raise IllegalTransition("changed_meanwhile", f"this {name} changed meanwhile: reload and look again")
    for field, value in {"state": new, **changes}.items():
        setattr(row, field, value)
