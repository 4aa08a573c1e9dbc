"""Orders that arrive together share one stroke: whoever comes to the book first takes along what waits."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, SerializationFailure

from stelltron.core.models import Community
from stelltron.members.models import Member

from ..models import Order
from .book_rows import Newcomer
from .orders import Wish, place_orders

ROLLED_BACK = (DeadlockDetected, SerializationFailure)
# A stroke of so many is still over before the next members grow impatient.
MOST_A_STROKE = 500


def place_order(member: Member, **wish: Any) -> Order:
    """An order on the spot book, its money or energy set aside, matched at once. See ``Wish``.

    Raises Refused with what to change.
    """
    wanted = Wish(member, **{"price": None, **wish})
    if connection.in_atomic_block:
        # Another thread's stroke is not part of the caller's transaction.
        (answer,) = place_orders(member.community, [wanted])
    else:
        answer = _DESKS[member.community_id].place(member.community, wanted)
    if isinstance(answer, Exception):
        raise answer
    return answer.as_order()


class _Ticket:
    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.answer: Newcomer | Exception | None = None
        # Set when it is answered, or first in the queue and so the one to lead the next stroke.
        self.called = threading.Event()


class _Desk:
    """One community's queue in this process. Processes take turns by the market's lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: list[_Ticket] = []
        self.is_busy = False

    def place(self, community: Community, wish: Wish) -> Newcomer | Exception:
        ticket = _Ticket(wish)
        with self.lock:
            self.waiting.append(ticket)
            leads, self.is_busy = not self.is_busy, True
        if not leads:
            ticket.called.wait()
        if ticket.answer is None:
            self._lead(community)
        assert ticket.answer is not None
        return ticket.answer

    def _lead(self, community: Community) -> None:
        """Serve what waits, then call the first of those who came meanwhile."""
        with self.lock:
            stroke, self.waiting = self.waiting[:MOST_A_STROKE], self.waiting[MOST_A_STROKE:]
        try:
            _serve(community, stroke)
        finally:
            with self.lock:
                self.is_busy = bool(self.waiting)
                following = self.waiting[:1]
            for ticket in (*following, *stroke):
                ticket.called.set()


def _serve(community: Community, stroke: Sequence[_Ticket]) -> None:
    """Answer every ticket. A wish that breaks the stroke breaks only itself: each is then placed alone."""
    try:
        answers: Sequence[Newcomer | Exception] = place_orders(community, [ticket.wish for ticket in stroke])
    except Exception as problem:
        # Where the database went away nobody knows whether it committed: nothing is placed twice.
        unknown = isinstance(problem, OperationalError) and not isinstance(problem.__cause__, ROLLED_BACK)
        if len(stroke) > 1 and not unknown:
            for ticket in stroke:
                _serve(community, [ticket])
            return
        answers = [problem] * len(stroke)
    for ticket, answer in zip(stroke, answers, strict=True):
        ticket.answer = answer


_DESKS: defaultdict[object, _Desk] = defaultdict(_Desk)
