from __future__ import annotations

from collections.abc import Callable

from market.figures.rollups import rebuild_changed_days
from market.models import Investment
from stelltron.core.units import STROOPS
from stelltron.members.models import Member

from .conftest import Neighbours


def test_without_a_slot_the_page_says_when_figures_begin(
    new_member: Callable[..., Member], signed_in: Callable
) -> None:
    assert "No cleared slot of yours" in signed_in(new_member("new")).get("/figures").content.decode()


def test_savings_are_shown_with_what_they_are_of(neighbours: Neighbours, signed_in: Callable) -> None:
    rebuild_changed_days(neighbours.buyer.community)
    page = signed_in(neighbours.buyer).get("/figures").content.decode()
    # 3 kWh would have cost 0.84; two of them came for 0.30 instead of 0.56.
    assert "0.26 USD" in page
    assert "30.9 % of 0.84 USD" in page
    assert "66.7 % of the 3.000 kWh you drew" in page
    assert "0.8 kg" in page
    assert "11–12 h" in page
    figures = signed_in(neighbours.buyer).get("/figures/days.json").json()
    assert (figures["bought"], figures["drawn"]) == ([2.0], [1.0])


def test_a_seller_the_utility_would_have_paid_sees_no_percentage(neighbours: Neighbours, signed_in: Callable) -> None:
    rebuild_changed_days(neighbours.seller.community)
    page = signed_in(neighbours.seller).get("/figures").content.decode()
    assert "the utility alone would have paid you 0.06 USD" in page


def test_an_investment_is_noted_and_corrected_in_place(neighbours: Neighbours, signed_in: Callable) -> None:
    rebuild_changed_days(neighbours.seller.community)
    client = signed_in(neighbours.seller)
    assert client.post("/figures/investment", {"cost": "0"}).status_code == 422
    page = client.post("/figures/investment", {"cost": "4500.5", "own_use_kwh": "1200"}, follow=True).content.decode()
    assert "It takes 30 days" in page
    investment = Investment.objects.get()
    assert (investment.member, investment.stroops, investment.own_use_wh_a_year) == (
        neighbours.seller,
        45005 * STROOPS // 10,
        1_200_000,
    )


def test_the_api_gives_own_and_community_figures(neighbours: Neighbours, signed_in: Callable) -> None:
    rebuild_changed_days(neighbours.buyer.community)
    client = signed_in(neighbours.buyer)
    figures = client.get("/api/v1/figures").json()
    assert (figures["member"]["bought_wh"], figures["member"]["saved_bp"]) == (2000, 3095)
    assert figures["community"]["exported_wh"] == 3000
    assert client.get("/api/v1/figures?days=0").status_code == 400


def test_what_came_from_the_utility_is_not_said_to_go_there(neighbours: Neighbours, signed_in: Callable) -> None:
    rebuild_changed_days(neighbours.buyer.community)
    page = signed_in(neighbours.buyer).get("/figures").content.decode()
    assert "<dt>Bought from the utility</dt><dd>−0.28 USD for 1.000 kWh</dd>" in page
    assert "<dt>Fed in to the utility</dt><dd>0.00 USD for 0.000 kWh</dd>" in page
