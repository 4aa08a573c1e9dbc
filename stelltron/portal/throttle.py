"""Counts tries in the cache: an atomic counter per minute, address and name."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from django.http import HttpRequest

SIGN_IN_TRIES = 10
WINDOW_SECONDS = 60


def too_many(request: HttpRequest, purpose: str, name: str = "", most: int = SIGN_IN_TRIES) -> bool:
    """Count this try; True when there were more than ``most`` in the current minute."""
    who = f"{request.META.get('REMOTE_ADDR', '')}|{name.strip().lower()}"
    window = int(time.time()) // WINDOW_SECONDS
    key = f"tries:{purpose}:{window}:{hashlib.sha256(who.encode()).hexdigest()[:24]}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key) > most
    except ValueError:
        return False
