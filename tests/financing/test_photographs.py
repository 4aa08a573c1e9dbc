"""Photographs are decoded, kept small and without what a camera adds; their hashes are the evidence on the chain."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from financing import building, photographs
from financing.models import GeneratorRequest, Photograph
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.ledger.models import ChainEvent
from stelltron.members.models import User
from stelltron.members.services import join

from .conftest import Village

ORIENTATION, GPS = 0x0112, 0x8825


def picture(width: int = 3200, height: int = 1600, form: str = "JPEG", *, turned: bool = False) -> bytes:
    """A photograph with the camera's own notes."""
    file, notes = io.BytesIO(), Image.Exif()
    notes[GPS] = {1: "N", 2: (8.0, 29.0, 0.0)}
    if turned:
        notes[ORIENTATION] = 6
    Image.new("RGB", (width, height), "green").save(file, form, exif=notes)
    return file.getvalue()


def upload(content: bytes, name: str = "panel.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def test_a_photograph_is_turned_made_small_and_says_nothing_of_its_camera() -> None:
    content, width, height = photographs.decode(io.BytesIO(picture(turned=True)))
    assert (width, height) == (800, 1600)
    with Image.open(io.BytesIO(content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (800, 1600), {})
    assert photographs.decode(io.BytesIO(picture(4, 3, "PNG")))[1:] == (4, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<script>alert(1)</script>", "no photograph"),
        (picture()[:5000], "no photograph"),
        (b"GIF89a" + bytes(40), "no photograph"),
        (bytes(photographs.LARGEST_FILE + 1), "at most 10 MB"),
        (picture(10_000, 5_001, "PNG"), "50 million pixels"),
    ],
    ids=["text", "torn", "gif", "too many bytes", "too many pixels"],
)
def test_what_is_no_photograph_is_refused_whatever_its_name(content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        photographs.decode(upload(content))


def test_the_place_is_shown_to_who_may_see_the_request(village: Village, signed_in: Callable) -> None:
    wanted = village.request()
    address = f"/generators/requests/{wanted.reference}"
    requester = signed_in(village["village"])
    answer = requester.post(
        f"{address}/photographs", {"pictures": [upload(picture()), upload(picture(8, 8))]}, follow=True
    )
    assert "Your photographs are there" in answer.content.decode()
    first, second = Photograph.objects.all()
    shown = requester.get(f"/generators/photographs/{first.pk}")
    assert shown["Content-Type"] == "image/jpeg"
    assert hashlib.sha256(shown.content).hexdigest() == first.hash != second.hash
    assert (
        "Only who asked"
        in signed_in(village["ann"])
        .post(f"{address}/photographs", {"pictures": [upload(picture(8, 8))]}, follow=True)
        .content.decode()
    )
    assert "choose one" in requester.post(f"{address}/photographs", {}, follow=True).content.decode().lower()
    many = [upload(picture(8, 8)) for _ in range(5)]
    assert "up to 6" in requester.post(f"{address}/photographs", {"pictures": many}, follow=True).content.decode()
    assert Photograph.objects.count() == 2
    stranger = signed_in(join(Community.objects.create(slug="far", name="Far"), name="Far", code="far"))
    assert stranger.get(f"/generators/photographs/{first.pk}").status_code == 200
    GeneratorRequest.objects.update(state=GeneratorRequest.State.WITHDRAWN)
    assert stranger.get(f"/generators/photographs/{first.pk}").status_code == 404


def test_photographs_of_a_milestone_are_hashed_into_its_evidence_on_the_chain(
    village: Village, treasurers: tuple[User, User], signed_in: Callable
) -> None:
    made = village.funded(ann=5000, bob=5000)
    report = {"milestone": 0, "evidence": "delivery note 17", "pictures": [upload(picture(8, 8)), upload(b"x")]}
    builder, acts = signed_in(village["builder"]), f"/generators/{made.address}/acts"
    assert "no photograph" in builder.post(f"{acts}/report", report).content.decode()
    assert not Photograph.objects.exists()
    builder.post(f"{acts}/report", {**report, "pictures": [upload(picture(8, 8)), upload(picture(9, 9))]})
    milestone = village.milestone(made, 0)
    one, two = milestone.photographs.all()
    text = f"delivery note 17\n{one.hash}\n{two.hash}"
    assert milestone.evidence_hash == hashlib.sha256(text.encode()).hexdigest()
    page = signed_in(village["ann"]).get(f"/generators/{made.address}").content.decode()
    assert f"/generators/photographs/{two.pk}" in page
    office = Client()
    office.force_login(treasurers[0])
    shown = f"/admin/financing/photograph/{one.pk}/"
    assert f"{shown}content" in office.get(f"{shown}change/").content.decode()
    assert office.get(f"{shown}content").content == bytes(one.content)
    assert Client().get(f"{shown}content").status_code == 302
    building.answer_milestone(milestone, village["village"], accepted=True)
    building.propose_release(milestone, actor=treasurers[0], reason="seen")
    building.approve_release(milestone, actor=treasurers[1], reason="seen too")
    village.chain.settle()
    assert ChainEvent.objects.get(name="released").data["value"]["evidence_hash"] == milestone.evidence_hash
