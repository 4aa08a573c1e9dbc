"""The utility's plans: what each member would pay and be paid in a slot, and announcing new prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member, User

from ..models import MemberPlan, Tariff, TariffBand
from .bands import Band, require_bands, require_prices

WHOLE = 10_000
LARGEST_CHARGE = 10**13


@dataclass(frozen=True)
class Prices:
    """The utility's, in stroops per kWh; ``tax`` comes on top of ``retail``. ``band``: empty outside any."""

    retail: int
    feed_in: int
    tax: int = 0
    band: str = ""


class UtilityBook:
    """Every plan's tariffs and every member's plan of one community, read once."""

    def __init__(self, community: Community) -> None:
        self.zone = ZoneInfo(community.time_zone)
        self._tariffs: dict[str, list[Tariff]] = defaultdict(list)
        tariffs = Tariff.objects.filter(community=community).prefetch_related("bands")
        for tariff in tariffs.order_by("-valid_from"):
            self._tariffs[tariff.plan].append(tariff)
        self._plans: dict[object, list[tuple[datetime, str]]] = defaultdict(list)
        plans = MemberPlan.objects.filter(member__community=community).order_by("-valid_from")
        for member_id, start, plan in plans.values_list("member_id", "valid_from", "plan"):
            self._plans[member_id].append((start, plan))
        self._known: dict[tuple[str, datetime], Prices] = {}

    def plan(self, member_id: object, moment: datetime) -> str:
        """The member's plan; one that has no tariff in force counts as the community's."""
        for start, plan in self._plans.get(member_id, ()):
            if start <= moment:
                return plan if self._in_force(plan, moment) else ""
        return ""

    def tariff(self, moment: datetime, member_id: object = None) -> Tariff:
        """The tariff in force for the member, else the community's. Raises Tariff.DoesNotExist where none is."""
        found = self._in_force(self.plan(member_id, moment), moment)
        if found is None:
            raise Tariff.DoesNotExist(f"no tariff is in force on {moment:%Y-%m-%d %H:%M} UTC: announce one")
        return found

    def prices(self, moment: datetime, member_id: object = None) -> Prices:
        """What the utility charges and pays in the slot that starts at ``moment``. Raises Tariff.DoesNotExist."""
        key = self.plan(member_id, moment), moment
        if key not in self._known:
            self._known[key] = prices_of(self.tariff(moment, member_id), moment.astimezone(self.zone))
        return self._known[key]

    def in_slot(self, moment: datetime) -> Mapping[object, Prices]:
        """The same for every member."""
        usual = self.prices(moment)
        own = {who: self.prices(moment, who) for who in self.on_own_plan(moment)}
        return defaultdict(lambda: usual, own)

    def on_own_plan(self, moment: datetime) -> set[object]:
        """Members whose plan is not the community's."""
        return {member_id for member_id in self._plans if self.plan(member_id, moment)}

    def charges(self, moment: datetime, members: Iterable[object]) -> dict[object, int]:
        """The standing charge of the day for each of ``members`` who has one."""
        own = self.on_own_plan(moment)
        usual = self.tariff(moment).day_charge
        due = {who: self.tariff(moment, who).day_charge if who in own else usual for who in members}
        return {who: stroops for who, stroops in due.items() if stroops}

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _in_force(self, plan: str, moment: datetime) -> Tariff | None:
        return next((tariff for tariff in self._tariffs.get(plan, ()) if tariff.valid_from <= moment), None)


def tariff_at(community: Community, moment: datetime) -> Tariff:
    """The community's own tariff in force. Raises Tariff.DoesNotExist where it has none."""
    rows = Tariff.objects.filter(community=community, plan="", valid_from__lte=moment)
    return rows.order_by("-valid_from")[0:1].get()


def prices_of(tariff: Tariff, local: datetime) -> Prices:
    """The tariff's prices at a local wall clock time: on the day clocks change a band is as long as the clock says."""
    minute, day = local.hour * 60 + local.minute, 1 << local.weekday()
    for band in tariff.bands.all():
        if band.weekdays & day and band.from_minute <= minute < band.to_minute:
            return Prices(band.retail, band.feed_in, band.retail * tariff.tax // WHOLE, band.name)
    return Prices(tariff.retail, tariff.feed_in, tariff.retail * tariff.tax // WHOLE)


@transaction.atomic
def announce_tariff(
    community: Community,
    *,
    name: str,
    retail: int,
    feed_in: int,
    valid_from: datetime,
    actor: User,
    reason: str,
    plan: str = "",
    day_charge: int = 0,
    tax: int = 0,
    bands: Sequence[Band] = (),
) -> Tariff:
    """A plan's prices (stroops per kWh) from ``valid_from`` on. Raises Refused: slots of the past keep theirs."""
    require_prices("tariff", retail, feed_in)
    if not (0 <= day_charge <= LARGEST_CHARGE and 0 <= tax <= WHOLE):
        raise Refused("charges_out_of_range", "the standing charge is not negative and the tax is at most 100 %")
    require_bands(bands)
    if valid_from < community.now():
        raise Refused(
            "tariff_in_the_past", "a tariff starts now or later: slots of the past were settled with the old one"
        )
    try:
        with transaction.atomic():
            tariff = Tariff.objects.create(
                community=community,
                plan=plan,
                name=name,
                retail=retail,
                feed_in=feed_in,
                day_charge=day_charge,
                tax=tax,
                valid_from=valid_from,
            )
    except IntegrityError:
        raise Refused("tariff_exists", "another tariff of this plan starts at that moment already") from None
    TariffBand.objects.bulk_create(TariffBand(tariff=tariff, **vars(band)) for band in bands)
    log_action(
        "tariff.announce",
        actor=actor,
        target=name,
        reason=reason,
        community=community,
        plan=plan,
        retail=retail,
        feed_in=feed_in,
        day_charge=day_charge,
        tax=tax,
        bands=len(bands),
    )
    return tariff


@transaction.atomic
def choose_plan(member: Member, plan: str, day: date, *, actor: User | None, reason: str = "") -> MemberPlan:
    """Put the member on a plan of the utility from the local midnight that ``day`` begins with. Raises Refused."""
    community = member.community
    start = datetime.combine(day, time(), ZoneInfo(community.time_zone))
    if start <= community.now():
        raise Refused("plan_in_the_past", "a plan starts tomorrow or later: earlier slots are settled with the old one")
    if not Tariff.objects.filter(community=community, plan=plan, valid_from__lte=start).exists():
        raise Refused("no_such_plan", f"the utility has no prices for this plan on {day}: choose another one")
    chosen, _ = MemberPlan.objects.update_or_create(member=member, valid_from=start, defaults={"plan": plan})
    log_action(
        "plan.choose", actor=actor, target=member.code, reason=reason, community=community, plan=plan, day=f"{day}"
    )
    return chosen


def plans_of(community: Community, moment: datetime | None = None) -> dict[str, Tariff]:
    """The tariff in force of each plan, the community's own first."""
    rows = Tariff.objects.filter(community=community, valid_from__lte=moment or community.now())
    in_force = rows.order_by("plan", "-valid_from").distinct("plan").prefetch_related("bands")
    return {tariff.plan: tariff for tariff in in_force}


def tomorrow(community: Community) -> date:
    return community.now().astimezone(ZoneInfo(community.time_zone)).date() + timedelta(days=1)
