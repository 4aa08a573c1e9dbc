"""The dashboard's figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from devices.models import SlotReading
from market.models import Mandate, SlotRun, StatementLine
from stelltron.core.models import Community
from stelltron.core.units import WH_PER_KWH
from stelltron.ledger.models import Asset, Holding
from stelltron.members.models import Member

from .live import own_meters

Kind = StatementLine.Kind
CHART_SLOTS = 48
SHOWN_RUNS = 8


@dataclass(frozen=True)
class PowerNow:
    power_w: int
    exported_wh: int
    imported_wh: int
    at: datetime | None


def power_now(member: Member) -> PowerNow | None:
    """The sum of the member's meters, or None before the first reading."""
    registers = [device.register for device in own_meters(member) if hasattr(device, "register")]
    if not registers:
        return None
    return PowerNow(
        sum(register.power_w for register in registers),
        sum(register.exported_mwh // 1000 for register in registers),
        sum(register.imported_mwh // 1000 for register in registers),
        max(register.at for register in registers),
    )


def last_runs(community: Community) -> list[SlotRun]:
    runs = SlotRun.objects.filter(community=community).select_related("intent__transaction")
    return list(runs.order_by("-slot", "-version")[:SHOWN_RUNS])


def balances(member: Member) -> dict[str, Holding]:
    """WATT and KWH, zero where the member never had any."""
    kept = {holding.asset: holding for holding in Holding.objects.filter(member=member)}
    return {asset: kept.get(asset) or Holding(member=member, asset=asset) for asset in (Asset.WATT, Asset.KWH)}


def slot_series(member: Member) -> dict[str, list]:
    """The last slots with a reading, for the chart: epoch seconds, then kWh."""
    read = (
        SlotReading.objects.filter(point__member=member)
        .values("slot")
        .annotate(exported=Sum("exported_wh"), imported=Sum("imported_wh"))
        .order_by("-slot")[:CHART_SLOTS]
    )
    rows = list(reversed(read))
    if not rows:
        return {"at": [], "exported": [], "imported": [], "traded": []}
    traded = dict(
        StatementLine.objects.filter(
            member=member, slot__gte=rows[0]["slot"], kind__in=(Kind.COMMUNITY_SALE, Kind.COMMUNITY_PURCHASE)
        )
        .order_by()
        .values_list("slot")
        .annotate(Sum("wh"))
    )
    return {
        "at": [int(row["slot"].timestamp()) for row in rows],
        "exported": [row["exported"] / WH_PER_KWH for row in rows],
        "imported": [row["imported"] / WH_PER_KWH for row in rows],
        "traded": [traded.get(row["slot"], 0) / WH_PER_KWH for row in rows],
    }


@dataclass(frozen=True)
class FirstSteps:
    """What a new member still has to do before energy can be traded for them."""

    identity: bool
    device: bool
    deposit: bool
    mandate: bool

    def __bool__(self) -> bool:
        return self.identity or self.device or self.deposit or self.mandate


def first_steps(member: Member) -> FirstSteps:
    watt = balances(member)[Asset.WATT]
    return FirstSteps(
        identity=member.kyc != Member.Kyc.APPROVED,
        device=not own_meters(member),
        deposit=watt.available + watt.held == 0,
        mandate=not Mandate.objects.filter(
            member=member, state__in=(Mandate.State.ACTIVE, Mandate.State.REQUESTED)
        ).exists(),
    )
