"""Answers that are larger than memory."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

PIECE = 256 * 1024


def download(request: HttpRequest, name: str, write: Callable[[IO[bytes]], object]) -> StreamingHttpResponse:
    """What ``write`` puts into a temporary file, as a ZIP to keep; what it raises is raised before anything is sent."""
    with ExitStack() as until_sent:
        file = until_sent.enter_context(tempfile.TemporaryFile())
        write(file)
        size = file.tell()
        file.seek(0)
        until_sent.pop_all()
    # Under ASGI, Django would collect a plain iterator's pieces before it sends the first.
    pieces = _pieces_later(file) if isinstance(request, ASGIRequest) else _pieces(file)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(size)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


async def _pieces_later(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_async(file.read)(PIECE):
            yield piece
