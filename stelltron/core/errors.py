"""Errors a person can act on. Services raise them; admin, API and portal show them alike."""

from __future__ import annotations

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import ValidationError
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
    """Every error as ``{code, detail}``: Refused as 409 for lost races, 400 for the rest; bad input names its fields."""
    if isinstance(problem, Refused):
        conflict = isinstance(problem, IllegalTransition)
        return Response(
            {"code": problem.code, "detail": problem.message},
            status=status.HTTP_409_CONFLICT if conflict else status.HTTP_400_BAD_REQUEST,
        )
    response = exception_handler(problem, context)
    if response is None:
        return None
    if isinstance(problem, ValidationError):
        response.data = {"code": "bad_input", "detail": "; ".join(_told(response.data)), "fields": response.data}
    elif isinstance(response.data, dict):
        code = "not_found" if isinstance(problem, Http404) else getattr(problem, "default_code", "error")
        response.data = {"code": code, **response.data}
    return response


def _told(errors: object, field: str = "") -> list[str]:
    if isinstance(errors, dict):
        return [line for name, inner in errors.items() for line in _told(inner, name)]
    lines = errors if isinstance(errors, list) else [errors]
    return [f"{field}: {line}" if field and field != "non_field_errors" else str(line) for line in lines]
