"""The impact of a stake is its part of what the generator delivered, with the source of every figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from financing.models import Generator, GeneratorRequest, Stake
from financing.parameters import REPLACED_CO2_G_PER_KWH
from financing.reports.impact import impact_of
from financing.reports.statements import stakes_of
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.members.models import Member
from tests.admin.conftest import fill_financing
from tests.portal.conftest import signed_in as signed_in

from .test_pages import clone


@pytest.fixture
def owners(community: Community, new_member: Callable[..., Member]) -> tuple[Member, Member]:
    """Both own a half of a generator for 400 people that has delivered 1,234.5 kWh, 34.5 of them free."""
    sarah, mike = new_member("sarah"), new_member("mike")
    fill_financing(community, sarah, mike)
    Generator.objects.update(dispensed=1_200_000, free=34_500)
    return sarah, mike


def test_half_of_a_generator_is_half_of_its_impact(owners: tuple[Member, Member]) -> None:
    found = impact_of(stakes_of(owners[0]))
    assert found.people == 200
    assert found.quantities == [("kWh", 1000, 617_250)]
    # 800 g a kWh of a diesel generator.
    assert found.co2_mg == 617_250 * 800
    assert "IPCC 2006" in found.stakes[0].factor.source


def test_stakes_never_have_more_impact_than_their_generator(owners: tuple[Member, Member]) -> None:
    first, second = (Stake.objects.get(member=member) for member in owners)
    for units in (1, 3_333, 9_999):
        Stake.objects.filter(pk=first.pk).update(units=units)
        Stake.objects.filter(pk=second.pk).update(units=10_000 - units)
        totals = [impact_of(stakes_of(member)) for member in owners]
        assert sum(one.people for one in totals) == pytest.approx(400)
        assert 0 <= 1_234_500 - sum(one.quantities[0][2] for one in totals) <= 1
        assert 0 <= 1_234_500 * 800 - sum(one.co2_mg for one in totals) <= 1


def test_what_is_replaced_is_the_communitys_to_say_with_its_source(
    owners: tuple[Member, Member], community: Community
) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    schedule(community, REPLACED_CO2_G_PER_KWH, 1_300, yesterday, "kerosene lamps, survey of May")
    found = impact_of(stakes_of(owners[0]))
    assert found.co2_mg == 617_250 * 1_300
    assert found.stakes[0].factor.source.endswith("kerosene lamps, survey of May")


def test_other_measures_have_people_and_quantity_only(owners: tuple[Member, Member]) -> None:
    GeneratorRequest.objects.update(measure="litres", parts=10)
    found = impact_of(stakes_of(owners[0]))
    assert (found.people, found.quantities, found.co2_mg) == (200, [("litres", 10, 617_250)], 0)
    assert found.stakes[0].co2_mg is None


def test_people_have_power_while_it_runs(owners: tuple[Member, Member]) -> None:
    Generator.objects.update(state=Generator.State.FUNDED)
    assert impact_of(stakes_of(owners[0])).people == 0


def test_the_report_is_a_page_a_file_and_a_part_of_the_portfolio(
    owners: tuple[Member, Member], new_member: Callable[..., Member], signed_in: Callable[..., Client]
) -> None:
    sarah = signed_in(owners[0])
    for path in ("/generators/portfolio/impact", "/generators/portfolio/figures"):
        page = sarah.get(path).content.decode()
        assert "617.250 kWh" in page, path
        assert "493.8 kg" in page, path
        assert "IPCC 2006" in page, path
    assert "200.0 of 400" in sarah.get("/generators/portfolio/impact").content.decode()
    assert sarah.get("/generators/portfolio/impact.pdf").content.startswith(b"%PDF")
    stranger = signed_in(new_member("ann"))
    assert "You own no units yet" in stranger.get("/generators/portfolio/impact").content.decode()
    assert stranger.get("/generators/portfolio/impact.pdf").content.startswith(b"%PDF")
    assert "You have owned no units" in stranger.get("/generators/portfolio/statements").content.decode()


def test_the_figures_take_the_same_queries_however_many_stakes(
    owners: tuple[Member, Member], signed_in: Callable[..., Client], django_assert_max_num_queries: Callable
) -> None:
    sarah = owners[0]
    stake = Stake.objects.get(member=sarah)
    # A transfer of units has a look at its generator's payments of its own.
    stake.given.all().delete()
    for number in range(20):
        Stake.objects.create(
            generator=clone(Generator.objects.get(pk=stake.generator_id), number),
            address=stake.address,
            member=sarah,
            units=5,
        )
    client = signed_in(sarah)
    with django_assert_max_num_queries(14):
        page = client.get("/generators/portfolio/figures").content.decode()
    # 200 of the first, a fifth of a person of each of the others.
    assert "204.0" in page


def test_the_cash_flow_without_movements_says_so(
    new_member: Callable[..., Member], signed_in: Callable[..., Client]
) -> None:
    page = signed_in(new_member("ann")).get("/generators/portfolio/cash-flow").content.decode()
    assert "Nothing has moved yet" in page
