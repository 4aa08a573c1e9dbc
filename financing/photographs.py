"""Photographs: taken in by decoding them, kept small and without what a camera adds, named by their hash."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import Member

from .models import GeneratorRequest, Milestone, Photograph

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_PIXELS = 50_000_000
LONGEST_SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP")
MOST = 6


def decode(file: BinaryIO) -> tuple[bytes, int, int]:
    """The file as a JPEG of at most 1,600 pixels a side, upright, without place and camera. Raises Refused."""
    raw = file.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise Refused(
            "photograph_too_large", f"a photograph has at most {LARGEST_FILE // 1024**2} MB: send a smaller one"
        )
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise Refused("photograph_too_large", "a photograph has at most 50 million pixels: send a smaller one")
            # A large JPEG is decoded at a fraction of its size already.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            shown = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused("not_a_photograph", "this is no photograph that can be read: send a JPEG, PNG or WebP") from None
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kept = io.BytesIO()
    shown.save(kept, "JPEG", quality=85)
    return kept.getvalue(), shown.width, shown.height


@transaction.atomic
def add_to_request(request: GeneratorRequest, member: Member, files: Sequence[BinaryIO]) -> list[Photograph]:
    """The requester shows the place, as long as providers decide by it. Raises Refused."""
    if request.requester_id != member.pk:
        raise Refused("not_your_request", "only who asked for the generator shows the place")
    if request.state != GeneratorRequest.State.OPEN:
        raise Refused("bids_closed", "photographs are added while the request takes bids")
    if request.photographs.count() + len(files) > MOST:
        raise Refused("too_many_photographs", f"a request has up to {MOST} photographs")
    kept = _keep(files, member, request=request)
    log_action("request.photograph", actor=member.user, target=request.pk, community=request.community, count=len(kept))
    return kept


def add_to_milestone(milestone: Milestone, member: Member, files: Sequence[BinaryIO]) -> list[Photograph]:
    """Part of the evidence, in the caller's transaction. Raises Refused."""
    if len(files) > MOST:
        raise Refused("too_many_photographs", f"a report has up to {MOST} photographs")
    return _keep(files, member, milestone=milestone)


def _keep(files: Iterable[BinaryIO], member: Member, **shows: GeneratorRequest | Milestone) -> list[Photograph]:
    kept = []
    for file in files:
        content, width, height = decode(file)
        kept.append(
            Photograph.objects.create(
                member=member,
                content=content,
                hash=hashlib.sha256(content).hexdigest(),
                width=width,
                height=height,
                taken_at=datetime.now(UTC),
                **shows,
            )
        )
    return kept


def digest(evidence: str, photographs: Iterable[Photograph] = ()) -> str:
    """What goes on the chain: SHA-256 over the text, and for each photograph a line feed and its hash in hex."""
    lines = [evidence, *(photograph.hash for photograph in photographs)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
