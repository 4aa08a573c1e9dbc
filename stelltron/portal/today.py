"""What the office sees first: money at risk, then meters, slots and the chain. A constant number of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, Sum
from django.urls import reverse

from devices.models import Device, Quarantined, SlotReading
from devices.services import by_contact
from market.engine.mechanisms import Mechanism
from market.models import Dispute, LockedTrade, SlotRun, Trade, WorseOff
from stelltron.core.models import Community, Heartbeat
from stelltron.ledger.models import Asset, ChainIntent, EnergyLock, EventCursor, PaymentProposal, Reconciliation

from .bank_risks import bank
from .generator_risks import generators
from .risk import Risk

SILENT_PROCESS_SECONDS = 60
STUCK_SECONDS = 120
# The contract settles a slot for a week: half of it is left to find out why this one does not.
UNSETTLED = timedelta(days=3)
# What of a lock's time is left when staff should look: of the device's to lock, and of the proof's.
LOCK_SOON_OVER, DELIVERY_SOON_OVER, MOST_LOCKS = timedelta(minutes=5), timedelta(hours=12), 50
MOST_INTENTS, MOST_METERS, MOST_QUARANTINED, MOST_DISPUTES = 200, 50, 100_000, 50
PROCESSES = ("ingest", "clearing", "chain")


def today(now: datetime | None = None) -> dict[str, Any]:
    now = now or datetime.now(UTC)
    communities = list(Community.objects.order_by("name"))
    intents = _open_intents()
    return {
        "now": now,
        "risks": sorted(
            [
                *_stuck(intents, now),
                *_silent_meters(communities),
                *_quarantine(now),
                *_differences(communities),
                *_worse_off(communities, now),
                *_disputes(),
                *_locks(now),
                *generators(),
                *bank(),
            ],
            key=lambda risk: (-risk.stroops, not risk.urgent, risk.since or now),
        ),
        "devices": _devices(),
        "communities": _communities(communities),
        "open": SlotReading.objects.filter(state=SlotReading.State.OPEN).aggregate(
            count=Count("id"), oldest=Min("slot")
        ),
        "chain": _chain(intents, now),
        "processes": _processes(now),
        "proposals": PaymentProposal.objects.filter(state=PaymentProposal.State.PROPOSED).count(),
    }


def changelist(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + (f"?{query}" if query else "")


def _open_intents() -> list[ChainIntent]:
    """What the chain has not confirmed, the oldest first: the partial index on created_at."""
    waiting = ChainIntent.objects.exclude(state=ChainIntent.State.CONFIRMED).select_related("community")
    return list(waiting.defer("section", "payload").order_by("created_at")[:MOST_INTENTS])


def moved(intent: ChainIntent) -> int:
    """Stroops that change hands when this intent is confirmed."""
    return sum(amount for _, asset, amount in intent.postings if asset == Asset.WATT and amount > 0)


def _stuck(intents: list[ChainIntent], now: datetime) -> Iterator[Risk]:
    for intent in intents:
        failed = intent.state == ChainIntent.State.FAILED
        unsettled = intent.kind == ChainIntent.Kind.SETTLE and intent.created_at < now - UNSETTLED
        # Settlement sections of one group wait for each other on purpose, but not for days.
        late = unsettled or (not intent.group and intent.created_at < now - timedelta(seconds=STUCK_SECONDS))
        if failed or late:
            yield Risk(
                "failed" if failed else "stuck",
                intent.key,
                intent.problem[:120] or intent.get_state_display(),
                moved(intent),
                intent.community.currency,
                intent.created_at,
                reverse("admin:ledger_chainintent_change", args=[intent.pk]),
                urgent=failed or unsettled,
            )


def _silent_meters(communities: list[Community]) -> Iterator[Risk]:
    """A silent meter holds up its whole community's slot: what a slot usually moves hangs on it."""
    silent = list(
        by_contact(Device.objects.filter(point__isnull=False), "silent")
        .select_related("register", "owner")
        .order_by("register__received_at")[:MOST_METERS]
    )
    if not silent:
        return
    by_pk = {community.pk: community for community in communities}
    usual = _value_of_a_slot({device.community_id for device in silent}, communities)
    for device in silent:
        yield Risk(
            "silent meter",
            device.pk,
            f"{device.owner}: its slots cannot be billed as measured",
            usual.get(device.community_id, 0) // max(by_pk[device.community_id].meters or 1, 1),
            by_pk[device.community_id].currency,
            device.register.received_at,
            reverse("admin:devices_device_change", args=[device.pk]),
        )


def _value_of_a_slot(wanted: set[object], communities: list[Community]) -> dict[object, int]:
    """Stroops traded in an average slot of the last day, per community; meters are counted on the way."""
    meters = dict(
        Device.objects.filter(community__in=wanted, point__isnull=False)
        .values_list("community")
        .annotate(Count("id"))
        .order_by()
    )
    newest = dict(
        SlotRun.objects.filter(community__in=wanted).values_list("community").annotate(Max("slot")).order_by()
    )
    for community in communities:
        community.meters = meters.get(community.pk, 0)
    usual = {}
    since = min(newest.values(), default=datetime.now(UTC)) - timedelta(days=1)
    traded = Trade.objects.filter(community__in=wanted, slot__gte=since).values_list("community")
    for pk, stroops, slots in traded.annotate(Sum("amount"), Count("slot", distinct=True)).order_by():
        usual[pk] = stroops // max(slots, 1)
    return usual


def _quarantine(now: datetime) -> Iterator[Risk]:
    """The last hour by reason; a flood is counted as far as its newest messages."""
    newest = Quarantined.objects.order_by("-id").values_list("id", flat=True).first()
    if newest is None:
        return
    recent = Quarantined.objects.filter(id__gt=newest - MOST_QUARANTINED, received_at__gt=now - timedelta(hours=1))
    for row in (
        recent.values("reason")
        .annotate(
            count=Count("id"),
            since=Min("received_at"),
            device=Min("device_id"),
            devices=Count("device_id", distinct=True),
        )
        .order_by("-count")
    ):
        others = row["devices"] - 1
        yield Risk(
            "quarantine",
            f"{row['count']:,} refused: {Quarantined.Reason(row['reason']).label}",
            row["device"] + (f" and {others} more" if others else ""),
            0,
            "",
            row["since"],
            changelist("devices_quarantined", f"reason__exact={row['reason']}"),
        )


def _differences(communities: list[Community]) -> Iterator[Risk]:
    """Only the newest comparison of each community counts: an earlier difference may be explained by now."""
    newest = Reconciliation.objects.order_by("community", "-id").distinct("community")
    names = {community.pk: community for community in communities}
    for one in newest:
        if not one.equal:
            off = [abs(row["journal"] - row["contract"]) for row in one.differences if row["asset"] == Asset.WATT]
            yield Risk(
                "difference",
                f"{len(one.differences)} balance(s) differ from the contract",
                ", ".join(sorted({row["member"] for row in one.differences})[:6]),
                sum(off),
                names[one.community_id].currency,
                one.at,
                reverse("admin:ledger_reconciliation_change", args=[one.pk]),
                urgent=True,
            )


def _worse_off(communities: list[Community], now: datetime) -> Iterator[Risk]:
    """The guard holds by design: a breach of the last week means a wrong mandate, tariff or program."""
    names = {community.pk: community for community in communities}
    rows = WorseOff.objects.filter(run__cleared_at__gte=now - timedelta(days=7))
    by_mechanism = rows.values("run__community", "run__mechanism").order_by()
    for row in by_mechanism.annotate(
        stroops=Sum("stroops"), members=Count("member", distinct=True), since=Min("run__cleared_at")
    ):
        sharing = row["run__mechanism"] == Mechanism.BILL_SHARING
        yield Risk(
            "worse off",
            f"{row['members']} member(s) would have paid less at the utility",
            "bill sharing does this to producers: the members chose it" if sharing else "the guard did not hold",
            row["stroops"],
            names[row["run__community"]].currency,
            row["since"],
            changelist("market_worseoff", f"member__community__id__exact={row['run__community']}"),
            urgent=not sharing,
        )


def _disputes() -> Iterator[Risk]:
    pending = Dispute.objects.filter(state__in=Dispute.PENDING).select_related("line", "member__community")
    for dispute in pending.order_by("id")[:MOST_DISPUTES]:
        yield Risk(
            "dispute",
            f"{dispute.member}: {dispute.line.get_kind_display()}",
            dispute.get_state_display(),
            abs(dispute.line.amount),
            dispute.member.community.currency,
            dispute.opened_at,
            reverse("admin:market_dispute_change", args=[dispute.pk]),
        )


def _locks(now: datetime) -> Iterator[Risk]:
    """Money that waits in locks and soon goes back: no device has locked, or nobody has proved a delivery."""
    standing = EnergyLock.objects.filter(state__in=EnergyLock.OPEN).select_related("seller", "community")
    reserved = Q(state=EnergyLock.State.RESERVED, lock_by__lt=now + LOCK_SOON_OVER)
    expiring = standing.filter(reserved | Q(deliver_by__lt=now + DELIVERY_SOON_OVER)).order_by("deliver_by")
    found = list(expiring[:MOST_LOCKS])
    problems = dict(LockedTrade.objects.filter(lock_id__in=[x.pk for x in found]).values_list("lock_id", "problem"))
    for lock in found:
        over = lock.due_by < now
        yield Risk(
            "expiring lock",
            f"{lock.seller}: {'over' if over else 'until'} {lock.due_by:%Y-%m-%d %H:%M} UTC",
            problems.get(lock.pk) or lock.get_state_display(),
            lock.stroops,
            lock.community.currency,
            lock.due_by,
            reverse("admin:ledger_energylock_change", args=[lock.pk]),
            urgent=over,
        )


def _devices() -> list[dict[str, Any]]:
    counts = {contact: by_contact(Device.objects.all(), contact).count() for contact in ("live", "silent", "never")}
    labels = {"live": "live", "silent": "silent", "never": "never heard"}
    return [
        {
            "label": labels[key],
            "count": count,
            "bad": key == "silent" and count,
            "url": changelist("devices_device", f"contact={key}"),
        }
        for key, count in counts.items()
    ]


def _communities(communities: list[Community]) -> list[dict[str, Any]]:
    """Each community's own today: slots by state, energy and price."""
    days = {community.pk: _midnight(community) for community in communities}
    rows = SlotRun.objects.filter(community__in=days, slot__gte=min(days.values(), default=datetime.now(UTC)))
    runs: dict[object, list[dict]] = defaultdict(list)
    # A later version counts the whole slot again.
    rows = rows.order_by("community", "slot", "-version").distinct("community", "slot")
    fields = ("community_id", "slot", "state", "surplus_wh", "deficit_wh", "traded_wh")
    for run in rows.values(*fields):
        if run["slot"] >= days[run["community_id"]]:
            runs[run["community_id"]].append(run)
    shown = []
    for community in communities:
        mine = runs[community.pk]
        states = Counter(run["state"] for run in mine)
        shown.append(
            {
                "community": community,
                "time": community.now(),
                "slots": len(mine),
                "states": [
                    {
                        "label": SlotRun.State(state).label,
                        "count": states.get(state, 0),
                        "bad": state == SlotRun.State.FAILED and states.get(state, 0),
                        "url": changelist(
                            "market_slotrun", f"state__exact={state}&community__id__exact={community.pk}"
                        ),
                    }
                    for state in SlotRun.State
                ],
                "surplus_wh": sum(run["surplus_wh"] for run in mine),
                "deficit_wh": sum(run["deficit_wh"] for run in mine),
                "traded_wh": sum(run["traded_wh"] for run in mine),
                "url": changelist("market_slotrun", f"community__id__exact={community.pk}"),
            }
        )
    return shown


def _midnight(community: Community) -> datetime:
    local = community.now().astimezone(ZoneInfo(community.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _chain(intents: list[ChainIntent], now: datetime) -> dict[str, Any]:
    waiting = [intent for intent in intents if intent.state != ChainIntent.State.FAILED]
    settled = (
        SlotRun.objects.filter(state=SlotRun.State.SETTLED, intent__isnull=False)
        .select_related("intent")
        .defer("intent__section", "intent__payload", "intent__postings")
        .order_by("-id")
        .first()
    )
    cursor = EventCursor.objects.filter(name="contracts").first()
    return {
        "ledger": cursor.ledger if cursor else None,
        "followed_at": cursor.updated_at if cursor else None,
        "waiting": len(waiting),
        "more": len(intents) == MOST_INTENTS,
        "oldest": waiting[0].created_at if waiting else None,
        "late": bool(waiting) and waiting[0].created_at < now - timedelta(seconds=STUCK_SECONDS),
        "failed": len(intents) - len(waiting),
        "settled": settled,
        "seconds": (settled.settled_at - settled.cleared_at).total_seconds()
        if settled and settled.settled_at
        else None,
        "waiting_url": changelist("ledger_chainintent", "state__exact=PENDING"),
        "failed_url": changelist("ledger_chainintent", "state__exact=FAILED"),
    }


def _processes(now: datetime) -> list[dict[str, Any]]:
    beats = {beat.process: beat for beat in Heartbeat.objects.all()}
    shown = []
    for name in sorted({*PROCESSES, *beats}):
        beat = beats.get(name)
        silent = beat is None or beat.at < now - timedelta(seconds=SILENT_PROCESS_SECONDS)
        shown.append(
            {"name": name, "at": beat.at if beat else None, "note": beat.note if beat else "", "silent": silent}
        )
    return shown
