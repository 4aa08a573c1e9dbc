"""What the market brought a member or a community, from the daily sums. Shares in basis points, with what they are of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import LARGEST, LARGEST_WH, amount
from stelltron.members.models import Member

from ..models import Investment, MemberDay, Tariff
from ..tariffs.prices import tariff_at

BASIS = 10_000
YEAR_DAYS = 365
# Fewer days than these say nothing about a year.
FEWEST_DAYS = 30
SUMS = (
    "exported_wh", "imported_wh", "sold_wh", "earned", "bought_wh", "paid", "fees", "own_use_wh", "fed_in_wh", "fed_in",
    "drawn_wh", "drawn", "net", "utility_cost", "utility_income", "saved", "co2_mg",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Sums over ``days`` days with data. Wh, stroops, mg."""

    days: int
    exported_wh: int
    imported_wh: int
    sold_wh: int
    earned: int
    bought_wh: int
    paid: int
    fees: int
    own_use_wh: int
    fed_in_wh: int
    fed_in: int
    drawn_wh: int
    drawn: int
    net: int
    utility_cost: int
    utility_income: int
    saved: int
    co2_mg: int

    @property
    def utility_bill(self) -> int:
        return self.utility_cost - self.utility_income

    @property
    def saved_bp(self) -> int | None:
        """Of the bill at the utility; nothing to compare with where the utility would have paid the member."""
        return self.saved * BASIS // self.utility_bill if self.utility_bill > 0 else None

    @property
    def local_use_wh(self) -> int:
        """What was drawn and did not come from the utility."""
        return max(self.imported_wh - self.drawn_wh, 0)

    @property
    def local_export_wh(self) -> int:
        """What was fed in and did not go to the utility: sold, used later, or still kept."""
        return max(self.exported_wh - self.fed_in_wh, 0)

    @property
    def self_sufficiency_bp(self) -> int | None:
        return self.local_use_wh * BASIS // self.imported_wh if self.imported_wh else None

    @property
    def self_consumption_bp(self) -> int | None:
        return self.local_export_wh * BASIS // self.exported_wh if self.exported_wh else None


@dataclass(frozen=True)
class Payback:
    """Tenths of years until the plant has paid for itself, at the utility alone and in the community; None: never."""

    alone: int | None
    together: int | None


def days_of(member: Member, days: int) -> QuerySet[MemberDay]:
    """The last ``days`` days of the community's calendar, today included."""
    return MemberDay.objects.filter(member=member, day__gt=_today(member.community) - timedelta(days=days))


def figures_of(member: Member, days: int) -> Figures:
    return _figures(days_of(member, days))


def figures_of_community(community: Community, days: int) -> Figures:
    return _figures(MemberDay.objects.filter(community=community, day__gt=_today(community) - timedelta(days=days)))


def peak_hours(member: Member, days: int) -> list[tuple[int, int]]:
    """(hour, mean Wh a day) for each hour of the community's day, the busiest first."""
    total: Counter[int] = Counter()
    rows = list(days_of(member, days).values_list("imported_by_hour", flat=True))
    for by_hour in rows:
        total.update({int(hour): wh for hour, wh in by_hour.items()})
    return [(hour, wh // len(rows)) for hour, wh in sorted(total.items(), key=lambda item: (-item[1], item[0])) if wh]


def payback(member: Member) -> Payback | None:
    """None where the member named no investment, or there is less than a month to reckon with."""
    investment = Investment.objects.filter(member=member).first()
    figures = figures_of(member, YEAR_DAYS)
    if investment is None or figures.days < FEWEST_DAYS:
        return None
    try:
        retail = tariff_at(member.community, member.community.now()).retail
    except Tariff.DoesNotExist:
        return None
    alone = figures.utility_income * YEAR_DAYS // figures.days + amount(investment.own_use_wh_a_year, retail)
    together = alone + figures.saved * YEAR_DAYS // figures.days
    return Payback(_tenths_of_years(investment.stroops, alone), _tenths_of_years(investment.stroops, together))


@transaction.atomic
def set_investment(member: Member, *, stroops: int, own_use_wh_a_year: int) -> Investment:
    """What the member's plant cost, and what of its energy never reaches the meter. Raises Refused."""
    if not 0 < stroops <= LARGEST:
        raise Refused("investment_out_of_range", "name what your plant cost: an amount above zero")
    if not 0 <= own_use_wh_a_year <= LARGEST_WH:
        raise Refused("energy_out_of_range", "the energy used in the house lies between 0 and 1,000,000 kWh a year")
    investment, _ = Investment.objects.update_or_create(
        member=member, defaults={"stroops": stroops, "own_use_wh_a_year": own_use_wh_a_year}
    )
    log_action("investment.set", actor=member.user, target=member.code, community=member.community)
    return investment


def _figures(days: QuerySet[MemberDay]) -> Figures:
    sums = days.order_by().aggregate(days=Count("day", distinct=True), **{name: Sum(name) for name in SUMS})
    return Figures(**{name: int(value or 0) for name, value in sums.items()})


def _tenths_of_years(stroops: int, a_year: int) -> int | None:
    return -(-stroops * 10 // a_year) if a_year > 0 else None


def _today(community: Community) -> date:
    return community.now().astimezone(ZoneInfo(community.time_zone)).date()
