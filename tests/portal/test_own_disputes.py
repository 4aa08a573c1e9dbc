"""A member disputes a line on its page or by the API; two of the staff decide in the office."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from market.models import Dispute, StatementLine
from stelltron.members.models import User

from .conftest import Neighbours

TEXT = "My meter was off all day"


def staff_client(email: str) -> Client:
    user = User.objects.create_user(email, "a long enough password", is_staff=True)
    user.groups.set(Group.objects.filter(name="Co-op staff"))
    client = Client()
    client.force_login(user)
    return client


def test_a_dispute_goes_from_the_page_to_a_correction(neighbours: Neighbours, signed_in: Callable) -> None:
    line = StatementLine.objects.get(member=neighbours.buyer, kind="UTILITY_IMPORT")
    member = signed_in(neighbours.buyer)
    answer = member.post(f"/statement/{line.pk}/dispute", {"text": TEXT}, follow=True).content.decode()
    assert "not due" in answer
    statement = member.get("/statement").content.decode()
    assert "Disputed, not due until decided" in statement
    assert "· disputed" in statement
    dispute = Dispute.objects.get()
    act = {name: reverse(f"admin:market_dispute_{name}", args=[dispute.pk]) for name in ("propose", "agree")}
    one, two = staff_client("one@co-op.example"), staff_client("two@co-op.example")
    assert f"{neighbours.buyer}" in one.get("/admin/").content.decode()
    form = {"correction": "0.28", "reason": "the meter was off"}
    assert one.post(act["propose"], form).status_code == 302
    assert "somebody else" in one.post(act["agree"], {"reason": "yes"}).content.decode()
    assert two.post(act["agree"], {"reason": "yes"}).status_code == 302
    page = member.get(f"/statement/{line.pk}").content.decode()
    assert "upheld" in page
    assert "the meter was off" in page
    correction = StatementLine.objects.get(kind="CORRECTION")
    told = member.get(f"/statement/{correction.pk}?recompute=1").content.decode()
    assert "a dispute was upheld: the meter was off" in told
    assert "Equal to the last unit" in told


def test_the_api_opens_and_lists_own_disputes_only(neighbours: Neighbours, signed_in: Callable) -> None:
    line = StatementLine.objects.get(member=neighbours.buyer, kind="UTILITY_IMPORT")
    buyer, seller = signed_in(neighbours.buyer), signed_in(neighbours.seller)
    asked = {"data": {"line": line.pk, "text": TEXT}, "content_type": "application/json"}
    assert seller.post("/api/v1/disputes", **asked).status_code == 404
    opened = buyer.post("/api/v1/disputes", **asked)
    assert opened.status_code == 201
    assert opened.json()["amount_stroops"] == line.amount
    assert buyer.post("/api/v1/disputes", **asked).json()["code"] == "disputed_already"
    assert len(buyer.get("/api/v1/disputes").json()["results"]) == 1
    assert seller.get("/api/v1/disputes").json()["results"] == []
    assert seller.post(f"/statement/{line.pk}/dispute", {"text": TEXT}).status_code == 404
