"""The office's monthly reports, for whoever may see trades."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from market.models import Trade
from stelltron.core.models import Community
from tests.conftest import CENT


def test_the_grid_statement_is_a_page_and_a_file(full: Community, signed_in: Callable) -> None:
    Trade.objects.filter(wh=100).update(state=Trade.State.SETTLED, fee=CENT, fee_amount=100 * CENT // 1000)
    client = signed_in("Co-op staff")
    page = client.get(reverse("office-grid"), {"month": "2026-06"}).content.decode()
    assert "0.0010000" in page
    assert "look at the reconciliations" in page
    rows = client.get(reverse("office-grid"), {"month": "2026-06", "format": "csv"}).content.decode().split()
    assert rows[-1] == "all,all,0.100,0.0010000"
    assert client.get(reverse("office-grid"), {"month": "June"}).status_code == 400


def test_reports_are_closed_to_other_roles(full: Community, signed_in: Callable) -> None:
    assert signed_in("Device technician").get(reverse("office-grid")).status_code == 403
