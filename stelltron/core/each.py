"""Doing one thing to many rows, none of which may hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

T = TypeVar("T")
logger = logging.getLogger(__name__)


def each(rows: Iterable[T], do: Callable[[T], object], *, atomic: bool = True) -> int:
    """Do it to every row, in a transaction of its own unless ``do`` sees to that. Returns how many were done.

    Raises the first trouble once all have had their turn; at once where the database itself is gone.
    """
    done, trouble = 0, None
    for row in rows:
        try:
            with transaction.atomic() if atomic else nullcontext():
                do(row)
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            logger.exception("%s.%s failed for %s", do.__module__, do.__qualname__, row)
            trouble = trouble or problem
        else:
            done += 1
    if trouble:
        raise trouble
    return done
