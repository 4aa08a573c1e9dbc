"""A member finds posted documents, their own only, as page, PDF, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market.billing.bills import issue_month, post_month
from stelltron.core.models import Community
from stelltron.members.models import User
from tests.conftest import START

from .conftest import Neighbours


@pytest.fixture
def posted(neighbours: Neighbours, community: Community, chain) -> Neighbours:
    office = User.objects.create_superuser("office@co-op.example")
    chain.settle()
    Community.objects.update(data_time=START.replace(month=7))
    community.refresh_from_db()
    issue_month(community, "2026-06", actor=office, reason="month end")
    post_month(community, "2026-06", actor=office, reason="month end")
    return neighbours


def test_a_member_reads_and_downloads_their_own_documents(posted: Neighbours, signed_in: Callable) -> None:
    bill, foreign = posted.buyer.bills.get(), posted.seller.bills.get()
    client = signed_in(posted.buyer)
    page = client.get("/bills").content.decode()
    assert bill.number in page
    assert foreign.number not in page
    assert "−0.58 USD" in page
    assert client.get(f"/bills/{bill.pk}.pdf").content.startswith(b"%PDF")
    assert client.get(f"/bills/{bill.pk}.csv").content.decode().splitlines()[-1].endswith("-0.5800000")
    for path in (f"/bills/{foreign.pk}.pdf", f"/bills/{bill.pk}.exe", f"/api/v1/bills/{foreign.pk}.pdf"):
        assert client.get(path).status_code == 404
    [told] = client.get("/api/v1/bills").json()["results"]
    assert (told["number"], told["total_stroops"], told["corrects"]) == (bill.number, bill.total, None)
    assert sum(line["amount_stroops"] for line in told["lines"]) == bill.total
    assert client.get(f"/api/v1/bills/{bill.pk}.pdf").content == client.get(f"/bills/{bill.pk}.pdf").content


def test_what_is_not_posted_is_not_shown(posted: Neighbours, signed_in: Callable, community: Community) -> None:
    from market.models import Bill

    copy = Bill.objects.create(
        community=community, member=posted.buyer, month=START.replace(month=7).date(), up_to=0, total=0
    )
    client = signed_in(posted.buyer)
    assert client.get(f"/bills/{copy.pk}.pdf").status_code == 404
    assert len(client.get("/api/v1/bills").json()["results"]) == 1
