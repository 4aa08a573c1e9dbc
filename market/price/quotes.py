"""The dynamic price of each cleared slot: what was measured, its factors, and the smoothed price."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Avg, Count, Q

from devices.models import Device, Register
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.members.models import Member

from ..models import PriceQuote, SlotRun, Trade
from . import oracle, reliability
from .price_parameters import terms_at
from .pricing import Conditions, price_of, smoothed

RELIABLE_OVER = timedelta(days=30)
MOST_AT_ONCE = 500


def quote_due_slots(community: Community) -> int:
    """Quote every cleared slot after the last quote, in order of time. Returns how many."""
    last = PriceQuote.objects.filter(community=community).first()
    runs = SlotRun.objects.filter(community=community)
    if last:
        runs = runs.filter(slot__gt=last.slot)
    due = list(runs.order_by("slot", "-version").distinct("slot")[:MOST_AT_ONCE])
    for run in due:
        last = quote(community, run, last)
    return len(due)


@transaction.atomic
def quote(community: Community, run: SlotRun, before: PriceQuote | None) -> PriceQuote:
    """The quote of the run's slot; one that exists already stands."""
    terms = terms_at(community, run.slot)
    coefficients = terms.coefficients
    conditions = conditions_of(community, run)
    made = price_of(conditions, coefficients)
    found, created = PriceQuote.objects.get_or_create(
        community=community,
        slot=run.slot,
        defaults={
            "supply_wh": conditions.supply_wh,
            "demand_wh": conditions.demand_wh,
            "charge_bp": conditions.charge_bp,
            "delivered": conditions.delivered,
            "agreed": conditions.agreed,
            "voltage_bp": conditions.voltage_bp,
            "battery_bp": conditions.battery_bp,
            **{name: value for name, value in asdict(made).items() if name != "price"},
            "target": made.price,
            "price": smoothed(before.price if before else None, made.price, coefficients.smoothing),
            "parameters": asdict(coefficients),
            "versions": terms.versions,
        },
    )
    if created:
        oracle.post(found)
    return found


def price_from(seller: Member) -> int | None:
    """What a kWh of this seller's is worth by the newest cleared slot: with their own reliability. None before one."""
    community = seller.community
    run = SlotRun.objects.filter(community=community).order_by("-slot", "-version").first()
    if run is None:
        return None
    return price_of(conditions_of(community, run, seller), terms_at(community, run.slot).coefficients).price


def conditions_of(community: Community, run: SlotRun, seller: Member | None = None) -> Conditions:
    """What is known of the slot; the community's reference price has no distance.

    Where a seller is known who has sold energy ahead, their own deliveries count, in Wh, instead of the community's.
    """
    local = run.slot.astimezone(ZoneInfo(community.time_zone))
    known = reliability.of(seller) if seller else None
    if known and known.contracted_wh:
        delivered, agreed = known.delivered_wh, known.contracted_wh
    else:
        delivered, agreed = _deliveries(community, run.slot)
    charge_bp, battery_bp = _batteries(community)
    return Conditions(
        supply_wh=run.surplus_wh,
        demand_wh=run.deficit_wh,
        hour=local.hour,
        month=local.month,
        charge_bp=charge_bp,
        delivered=delivered,
        agreed=agreed,
        voltage_bp=_voltage_stability(community, run.slot),
        battery_bp=battery_bp,
    )


def _deliveries(community: Community, slot: datetime) -> tuple[int, int]:
    """Trades settled, and trades that came to an end, in the 30 days before the slot."""
    recent = Trade.objects.filter(community=community, slot__gte=slot - RELIABLE_OVER, slot__lt=slot)
    done = Q(state=Trade.State.DELIVERED) | (Q(state=Trade.State.SETTLED) & ~Q(venue=Trade.Venue.STORED))
    ended = recent.filter(done | Q(state=Trade.State.FAILED))
    counted = ended.aggregate(delivered=Count("pk", filter=done), agreed=Count("pk"))
    return counted["delivered"], counted["agreed"]


def _batteries(community: Community) -> tuple[int | None, int | None]:
    """Mean charge and health of the active devices that report one; what a meter without a battery says never counts."""
    active = Register.objects.filter(device__community=community, device__state=Device.State.ACTIVE)
    means = active.aggregate(charge=Avg("charge_bp"), health=Avg("health_bp"))
    charge, health = means["charge"], means["health"]
    return (None if charge is None else int(charge)), (None if health is None else int(health))


def _voltage_stability(community: Community, slot: datetime) -> int | None:
    """Basis points of the slot's voltages that lie within a tenth of their device's mean."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(CASE WHEN abs(voltage_dv - mean) * 10 <= abs(mean) THEN 10000 ELSE 0 END) / NULLIF(count(*), 0)"
            " FROM (SELECT voltage_dv, avg(voltage_dv) OVER (PARTITION BY device_id) AS mean"
            "  FROM devices_telemetry JOIN devices_device ON devices_device.id = device_id"
            "  WHERE community_id = %s AND at >= %s AND at < %s AND voltage_dv IS NOT NULL) AS read",
            [community.pk, slot, slots.next_slot(slot, community.slot_minutes)],
        )
        return cursor.fetchone()[0]
