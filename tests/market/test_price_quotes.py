"""Each cleared slot gets one quote: energy, batteries that report, deliveries, the versions in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from devices.models import Device, Register
from market.models import PriceQuote, SlotRun, Trade
from market.price.price_parameters import PARAMETERS
from market.price.pricing import ONE
from market.price.quotes import quote_due_slots
from stelltron.core.models import Community, ParameterVersion
from stelltron.core.parameters import schedule
from stelltron.members.models import Member
from tests.conftest import CENT, START, meter_of


def cleared(community: Community, hour: int, *, surplus_wh: int, deficit_wh: int) -> SlotRun:
    return SlotRun.objects.create(
        community=community,
        slot=START + timedelta(hours=hour),
        points=2,
        surplus_wh=surplus_wh,
        deficit_wh=deficit_wh,
        bound_wh=0,
        traded_wh=0,
        root="",
        cleared_at=START,
    )


def heard(device: Device, *, charge_bp: int | None, health_bp: int | None = None) -> None:
    Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE)
    Register.objects.create(
        device=device,
        sequence=1,
        boot=1,
        at=START,
        received_at=START,
        exported_mwh=0,
        imported_mwh=0,
        charge_bp=charge_bp,
        health_bp=health_bp,
    )


def test_supply_and_demand_count_in_energy(community: Community) -> None:
    cleared(community, 0, surplus_wh=10_000, deficit_wh=20_000)
    assert quote_due_slots(community) == 1
    quote = PriceQuote.objects.get()
    assert (quote.supply_wh, quote.demand_wh) == (10_000, 20_000)
    assert quote.supply_demand == pytest.approx(1.1386294361 * ONE, abs=5)
    assert quote.season == 9 * ONE // 10
    assert quote.price == quote.target == 1_500_000 * quote.multiplier // ONE


def test_a_slot_is_quoted_once_and_the_next_price_starts_from_the_last(community: Community) -> None:
    cleared(community, 0, surplus_wh=10_000, deficit_wh=10_000)
    quote_due_slots(community)
    cleared(community, 1, surplus_wh=0, deficit_wh=10_000)
    assert (quote_due_slots(community), quote_due_slots(community)) == (1, 0)
    second, first = PriceQuote.objects.all()
    assert second.price == first.price + (second.target - first.price) * 1000 // 10_000


def test_only_batteries_that_report_a_charge_count(community: Community, new_member: Callable[..., Member]) -> None:
    cleared(community, 0, surplus_wh=1, deficit_wh=1)
    heard(meter_of(new_member("meter")), charge_bp=None)
    quote_due_slots(community)
    assert PriceQuote.objects.get().charge_bp is None
    assert PriceQuote.objects.get().charge == ONE
    heard(meter_of(new_member("full")), charge_bp=8000, health_bp=9500)
    heard(meter_of(new_member("low")), charge_bp=2000)
    cleared(community, 1, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    quote = PriceQuote.objects.first()
    assert (quote.charge_bp, quote.battery_bp) == (5000, 9500)
    assert quote.charge == 1_125_000_000


def test_reliability_counts_what_was_delivered_of_what_ended(
    community: Community, new_member: Callable[..., Member]
) -> None:
    seller, buyer = new_member("sarah"), new_member("mike")
    for state in ("SETTLED", "SETTLED", "SETTLED", "FAILED", "MATCHED"):
        Trade.objects.create(
            community=community,
            venue=Trade.Venue.AUCTION,
            slot=START - timedelta(hours=1),
            buyer=buyer,
            seller=seller,
            wh=1000,
            price=CENT,
            amount=CENT,
            state=state,
            matched_at=START,
        )
    cleared(community, 0, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    quote = PriceQuote.objects.get()
    assert (quote.delivered, quote.agreed) == (3, 4)
    assert quote.reliability == 1_060_000_000


def tell_voltage(device: str, at: datetime, sequence: int, voltage_dv: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT devices_telemetry_partition('202606')")
        cursor.execute(
            "INSERT INTO devices_telemetry (device_id, sequence, boot, at, received_at, exported_mwh, imported_mwh,"
            " power_w, voltage_dv) VALUES (%s, %s, 1, %s, %s, 0, 0, 0, %s)",
            [device, sequence, at, at, voltage_dv],
        )


def test_voltages_far_from_the_devices_own_mean_are_unstable(
    community: Community, new_member: Callable[..., Member]
) -> None:
    device = meter_of(new_member("sarah")).pk
    for number, voltage in enumerate((2300, 2310, 2290, 1500, 2305)):
        tell_voltage(device, START + timedelta(minutes=number), number, voltage)
    tell_voltage(device, START + timedelta(hours=1), 9, 10)
    cleared(community, 0, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    assert PriceQuote.objects.get().voltage_bp == 8000


def test_a_coefficient_counts_from_its_moment_on_and_the_quote_names_its_version(community: Community) -> None:
    parameter = PARAMETERS["base"]
    schedule(community, parameter, 3_000_000, START + timedelta(hours=1), "voted")
    for hour in (0, 1):
        cleared(community, hour, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    later, earlier = PriceQuote.objects.all()
    version = ParameterVersion.objects.get(key=parameter.key)
    assert (earlier.parameters["base"], earlier.versions[parameter.key]) == (1_500_000, None)
    assert (later.parameters["base"], later.versions[parameter.key]) == (3_000_000, version.pk)
    assert later.target == 2 * earlier.target


def test_the_database_holds_the_multiplier_within_its_bounds(community: Community) -> None:
    cleared(community, 0, surplus_wh=1, deficit_wh=1)
    quote_due_slots(community)
    with pytest.raises(IntegrityError, match="multiplier_is_bounded"):
        PriceQuote.objects.update(multiplier=6 * ONE)
