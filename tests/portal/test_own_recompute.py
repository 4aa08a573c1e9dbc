"""A member has a line computed again and sees what it follows from."""

from __future__ import annotations

from collections.abc import Callable

from market.models import StatementLine
from market.resettlement.late import settle_late
from tests.market.test_late_readings import late

from .conftest import Neighbours


def test_recomputing_shows_inputs_and_result(neighbours: Neighbours, signed_in: Callable) -> None:
    line = StatementLine.objects.get(member=neighbours.buyer, kind="COMMUNITY_PURCHASE")
    client = signed_in(neighbours.buyer)
    assert "Recompute" in client.get(f"/statement/{line.pk}").content.decode()
    page = client.get(f"/statement/{line.pk}?recompute=1").content.decode()
    assert "0 Wh fed in, 2000 Wh drawn" in page
    assert "Equal to the last unit" in page
    StatementLine.objects.filter(pk=line.pk).update(amount=line.amount - 1)
    assert "does not follow" in client.get(f"/statement/{line.pk}?recompute=1").content.decode()


def test_every_kind_of_line_recomputes_on_its_page(neighbours: Neighbours, signed_in: Callable) -> None:
    for line in StatementLine.objects.all():
        page = signed_in(line.member).get(f"/statement/{line.pk}?recompute=1").content.decode()
        assert "Equal to the last unit" in page, line


def test_a_later_version_says_why_it_exists(neighbours: Neighbours, signed_in: Callable, chain, community) -> None:
    chain.settle()
    late(neighbours.buyer, imported=5)
    assert settle_late(community) == 1
    line = StatementLine.objects.get(run__version=2)
    page = signed_in(neighbours.buyer).get(f"/statement/{line.pk}?recompute=1").content.decode()
    assert "because readings came after the slot was cleared: mike-2" in page
    assert "Late reading of mike-2" in page
    assert "Equal to the last unit" in page
