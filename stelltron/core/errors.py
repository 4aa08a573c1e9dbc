"""Errors a person can act on. Services raise them; admin, API and portal show them alike."""

from __future__ import annotations

from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Refused(Exception):
    """A request that breaks a rule. ``code`` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class IllegalTransition(Refused):
    """A row was not in the state the change starts from; somebody else was faster."""


def api_exception_handler(problem: Exception, context: dict) -> Response | None:
    """DRF's handler, and Refused as 409 for lost races, 400 for the rest."""
    if isinstance(problem, Refused):
        conflict = isinstance(problem, IllegalTransition)
        return Response(
            {"code": problem.code, "detail": problem.message},
            status=status.HTTP_409_CONFLICT if conflict else status.HTTP_400_BAD_REQUEST,
        )
    return exception_handler(problem, context)
