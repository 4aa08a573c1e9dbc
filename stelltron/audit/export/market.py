"""What was billed and by which rules: documents, lines, tariffs, parameters, and who was a member."""

from __future__ import annotations

from collections.abc import Iterator

from market.models import Bill, StatementLine, Tariff
from stelltron.core.models import ParameterVersion
from stelltron.core.parameters import REGISTRY, value_at
from stelltron.members.models import Member

from .books import CHUNK, Row
from .period import Period


def lines(period: Period) -> Iterator[Row]:
    yield ("id", "member", "slot", "kind", "wh", "price", "amount", "run", "version", "trade")
    found = StatementLine.objects.filter(
        member__community=period.community, slot__gte=period.start, slot__lt=period.end
    ).order_by("slot", "id")
    fields = ("id", "member__code", "slot", "kind", "wh", "price", "amount", "run_id", "run__version", "trade_id")
    for line_id, member, slot, *rest in found.values_list(*fields).iterator(CHUNK):
        yield (line_id, member, slot.isoformat(), *rest)


def documents(period: Period) -> Iterator[Row]:
    """Final documents of the months that the period touches."""
    yield ("number", "kind", "member", "month", "state", "total", "disputed", "issued_at", "posted_at", "corrects")
    bills = (
        Bill.objects.filter(community=period.community, month__gte=period.first.replace(day=1), month__lte=period.last)
        .exclude(state=Bill.State.PREVIEW)
        .select_related("member", "original")
        .order_by("year", "sequence")
    )
    for bill in bills.iterator(CHUNK):
        yield (
            bill.number,
            bill.kind,
            bill.member.code,
            bill.month,
            bill.state,
            bill.total,
            bill.disputed,
            bill.issued_at.isoformat(),
            bill.posted_at.isoformat() if bill.posted_at else "",
            bill.original.number if bill.original else "",
        )


def members(period: Period) -> Iterator[Row]:
    """Everybody who had joined by the period's end, as they stand now."""
    yield ("code", "name", "kind", "joined_at", "active", "identity_check", "wallet", "wallet_kind")
    found = Member.objects.filter(community=period.community, joined_at__lt=period.end).order_by("code")
    fields = ("code", "name", "kind", "joined_at", "is_active", "kyc", "wallet__address", "wallet__kind")
    for code, name, kind, joined_at, *rest in found.values_list(*fields).iterator(CHUNK):
        yield (code, name, kind, joined_at.isoformat(), *rest)


def tariffs(period: Period) -> Iterator[Row]:
    """The utility's plans in force at some time of the period; a band's row follows its tariff's."""
    yield (
        "plan", "tariff", "valid_from", "retail", "feed_in", "day_charge", "tax_basis_points", "band", "weekdays",
        "from_minute", "to_minute",
    )  # fmt: skip
    for tariff in _in_force(period):
        head = (tariff.plan, tariff.name, tariff.valid_from.isoformat())
        yield (*head, tariff.retail, tariff.feed_in, tariff.day_charge, tariff.tax, "", "", "", "")
        for band in tariff.bands.all():
            hours = (band.name, band.weekdays, band.from_minute, band.to_minute)
            yield (*head, band.retail, band.feed_in, "", "", *hours)


def _in_force(period: Period) -> Iterator[Tariff]:
    known = Tariff.objects.filter(community=period.community, valid_from__lt=period.end).prefetch_related("bands")
    followed: dict[str, object] = {}
    for tariff in known.order_by("-valid_from"):
        until = followed.get(tariff.plan)
        if until is None or until > period.start:
            yield tariff
        followed[tariff.plan] = tariff.valid_from


def parameters(period: Period) -> Iterator[Row]:
    """Each parameter's value at the period's beginning, and its changes within it."""
    yield ("key", "unit", "effective_from", "value", "reason")
    changes = ParameterVersion.objects.filter(
        community=period.community, effective_from__gt=period.start, effective_from__lt=period.end
    )
    for key, parameter in sorted(REGISTRY.items()):
        yield (key, parameter.unit, period.start.isoformat(), value_at(period.community, parameter, period.start), "")
        for version in changes.filter(key=key).order_by("effective_from"):
            yield (key, parameter.unit, version.effective_from.isoformat(), version.value, version.reason)
