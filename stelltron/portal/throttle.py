"""Counts requests and tries in the cache: atomic counters per minute, by address, and by what is tried."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
SIGN_IN_TRIES = 10
ADDRESS_TRIES = 60
WINDOW_SECONDS = 60
SLOW_DOWN = "Too many tries: wait a minute, then try again."
# Asked by scripts, which read JSON.
FOR_SCRIPTS = ("/api/", "/auth", "/sep10/", "/sep12/", "/sep24/", "/sep45/")
# Counted for everybody; other pages only for who is not signed in.
ALWAYS = (*FOR_SCRIPTS, "/sign-in", "/.well-known/", "/join/")
NEVER = ("/static/", "/health")


class RateLimit:
    """So many requests a minute from one address. Members behind one address use their pages all the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.REQUESTS_A_MINUTE
        if most and _counts(request) and _asked(request) > most:
            return _wait(request)
        return self.get_response(request)


def too_many(request: HttpRequest, purpose: str, name: str = "", most: int = SIGN_IN_TRIES) -> bool:
    """Count this try; True when there were more than ``most`` for ``name`` in the current minute, or more than
    ADDRESS_TRIES from this address for all names together."""
    address = address_of(request)
    of_name = _count(purpose, f"{address}|{name.strip().lower()}")
    of_address = _count(f"{purpose}-address", address)
    return of_name > most or of_address > ADDRESS_TRIES


def address_of(request: HttpRequest) -> str:
    """Who asks. What a request says of itself counts only where one of our own proxies has passed it on."""
    address = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and _is_ours(address):
        address = hops.pop()
    return address


def _is_ours(address: str) -> bool:
    try:
        return any(ip_address(address) in ip_network(proxy) for proxy in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


def _counts(request: HttpRequest) -> bool:
    path = request.path_info
    if request.method == "OPTIONS" or path.startswith(NEVER):
        return False
    return path.startswith(ALWAYS) or not request.user.is_authenticated


def _asked(request: HttpRequest) -> int:
    """How many requests there were; none while the cache does not answer, rather than closing the co-op."""
    try:
        return _count("requests", address_of(request))
    except RedisError as problem:
        logger.warning("requests are not counted: %s", problem)
        return 0


def _wait(request: HttpRequest) -> HttpResponse:
    said = "too many requests from your address: wait a minute, then try again"
    answer: HttpResponse = HttpResponse(f"{said}\n", content_type="text/plain; charset=utf-8")
    if request.path_info.startswith(FOR_SCRIPTS):
        answer = JsonResponse({"code": "too_many_requests", "error": said, "detail": said})
        answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.status_code = 429
    answer.headers["Retry-After"] = str(seconds_left())
    return answer


def seconds_left() -> int:
    """Until the next minute is counted anew."""
    return WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS


def _count(purpose: str, who: str) -> int:
    """How many there were in this minute, with this one."""
    window = int(time.time()) // WINDOW_SECONDS
    key = f"tries:{purpose}:{window}:{hashlib.sha256(who.encode()).hexdigest()[:24]}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        return 0
