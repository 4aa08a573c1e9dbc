"""Counts tries in the cache: atomic counters per minute, one for each address and name, one for the address."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from django.http import HttpRequest

SIGN_IN_TRIES = 10
ADDRESS_TRIES = 60
WINDOW_SECONDS = 60


def too_many(request: HttpRequest, purpose: str, name: str = "", most: int = SIGN_IN_TRIES) -> bool:
    """Count this try; True when there were more than ``most`` for ``name`` in the current minute, or more than
    ADDRESS_TRIES from this address for all names together."""
    address = request.META.get("REMOTE_ADDR", "")
    of_name = _count(purpose, f"{address}|{name.strip().lower()}")
    of_address = _count(f"{purpose}-address", address)
    return of_name > most or of_address > ADDRESS_TRIES


def _count(purpose: str, who: str) -> int:
    """How many tries there were in this minute, with this one."""
    window = int(time.time()) // WINDOW_SECONDS
    key = f"tries:{purpose}:{window}:{hashlib.sha256(who.encode()).hexdigest()[:24]}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        return 0
