"""What the office does about the audit, by role."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from devices.models import Device
from stelltron.audit.models import TOMBSTONE, Anchor, Erasure
from stelltron.core.models import ActionLog, Community
from stelltron.members.models import Member
from tests.admin.conftest import signed_in  # noqa: F401

ANCHORS = "admin:audit_anchor_"
ERASURES = "admin:audit_erasure_"


def test_the_treasury_exports_and_the_log_says_so(books: Community, signed_in: Callable[..., Client]) -> None:  # noqa: F811
    client = signed_in("Treasury")
    page = reverse(f"{ANCHORS}export_books")
    assert client.get(page).status_code == 200
    wanted = {"community": str(books.pk), "first": "2026-06-01", "last": "2026-06-30", "reason": "yearly audit"}
    answer = client.post(page, wanted)
    content = b"".join(answer.streaming_content)
    assert "journal.csv" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    said = ActionLog.objects.get(action="books.export")
    assert (said.actor.email, said.reason, said.details["last"]) == (
        "treasury@co-op.example",
        "yearly audit",
        "2026-06-30",
    )
    refused = client.post(page, {**wanted, "last": "2026-05-01"})
    assert b"earlier day first" in refused.content
    assert ActionLog.objects.filter(action="books.export").count() == 1


def test_the_treasury_anchors_on_demand(books: Community, signed_in: Callable[..., Client]) -> None:  # noqa: F811
    client = signed_in("Treasury")
    client.post(reverse(f"{ANCHORS}anchor_now"), {"community": str(books.pk), "reason": "before the audit"})
    assert Anchor.objects.filter(book=Anchor.Book.JOURNAL, number=6).count() == 1
    assert ActionLog.objects.get(action="books.anchor").reason == "before the audit"


def test_staff_erase_by_two(
    books: Community,
    signed_in: Callable[..., Client],  # noqa: F811
    new_member: Callable[..., Member],
) -> None:
    new_member("anna")
    Device.objects.update(state=Device.State.BLOCKED)
    one, other = (signed_in("Co-op staff", email=f"{name}@co-op.example") for name in ("one", "other"))
    page, asked = reverse(f"{ERASURES}propose"), {"community": str(books.pk), "code": "nobody", "reason": "by letter"}
    assert b"has no member nobody" in one.post(page, asked).content
    assert one.post(page, {**asked, "code": "anna"}).status_code == 302
    erasure = Erasure.objects.get()
    approve = reverse(f"{ERASURES}approve", args=[erasure.pk])
    assert b"somebody else has to approve" in one.post(approve, {"reason": "me"}).content
    assert other.post(approve, {"reason": "checked"}).status_code == 302
    assert Member.objects.get(code="anna").name == TOMBSTONE


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("Co-op staff", f"{ANCHORS}export_books"),
        ("Co-op staff", f"{ANCHORS}anchor_now"),
        ("Treasury", f"{ERASURES}propose"),
        ("Device technician", f"{ANCHORS}changelist"),
        ("Device technician", f"{ERASURES}changelist"),
    ],
)
def test_others_may_not(books: Community, signed_in: Callable[..., Client], role: str, page: str) -> None:  # noqa: F811
    assert Group.objects.filter(name=role).exists()
    assert signed_in(role).get(reverse(page)).status_code == 403
