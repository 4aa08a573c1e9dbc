"""What of the money at the bank staff should look at: reserves that do not cover, lines and cases that wait."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min, Sum
from django.db.models.functions import Abs
from django.urls import reverse

from market.grid import discounts
from stelltron.bank import standing
from stelltron.bank.models import BankLine, Case, Payout
from stelltron.ledger import reserves
from stelltron.ledger.models import ReserveBalance

from .risk import Risk

MOST_CASES = 50


def bank() -> Iterator[Risk]:
    if ReserveBalance.objects.exists():
        yield from _reserves()
        yield from _queue()
    yield from _payouts()
    yield from _cases()
    yield from _discounts()


def _reserves() -> Iterator[Risk]:
    """By the books: the page of the reserves asks the chain."""
    latest = ReserveBalance.objects.select_related("community").order_by("-as_of").first()
    assert latest is not None
    held, stated, currency = reserves.total(), reserves.attested(), latest.community.currency
    short = max(reserves.circulation() + standing.owed() - held, 0)
    if short:
        yield Risk(
            "reserves",
            "The banks hold less than circulates and is owed",
            "nothing is issued until the co-op has made it up",
            short,
            currency,
            None,
            reverse("portal:reserves"),
            urgent=True,
        )
    if stated != held:
        yield Risk(
            "reserves",
            "The reserves on the chain are not what the banks hold",
            "stated again each minute, as soon as the banks cover what circulates",
            abs(held - stated),
            currency,
            None,
            reverse("admin:ledger_attestation_changelist"),
        )


def _discounts() -> Iterator[Risk]:
    for community, month, stroops in discounts.owing():
        yield Risk(
            "discount",
            f"Discounts on grid fees are not paid back in {community}",
            f"for GRID at stake, up to the end of {month}",
            stroops,
            community.currency,
            None,
            reverse("admin:market_feediscount_changelist"),
        )


def _queue() -> Iterator[Risk]:
    waiting = BankLine.objects.filter(state=BankLine.State.WAITING)
    rows = waiting.values("account__community__currency").order_by()
    for row in rows.annotate(count=Count("id"), stroops=Sum(Abs("stroops")), since=Min("statement__imported_at")):
        yield Risk(
            "bank lines",
            f"{row['count']} line(s) of statements wait to be assigned",
            "whose payments they are, or the co-op's own",
            row["stroops"],
            row["account__community__currency"],
            row["since"],
            f"{reverse('admin:bank_bankline_changelist')}?state__exact=WAITING",
        )


def _payouts() -> Iterator[Risk]:
    """WATT are burned already: these members wait for their money."""
    waiting = Payout.objects.filter(state__in=(Payout.State.READY, Payout.State.FILED))
    rows = waiting.values("account__community__currency").order_by()
    for row in rows.annotate(count=Count("id"), stroops=Sum("stroops"), since=Min("asked_at")):
        yield Risk(
            "payments out",
            f"{row['count']} payment(s) wait to be sent to the bank",
            "two people send them",
            row["stroops"],
            row["account__community__currency"],
            row["since"],
            f"{reverse('admin:bank_payout_changelist')}?state__exact=READY",
        )


def _cases() -> Iterator[Risk]:
    waiting = Case.objects.filter(state=Case.State.OPEN).select_related("member", "community")
    for case in waiting.order_by("id")[:MOST_CASES]:
        yield Risk(
            "case",
            str(case),
            case.text,
            case.stroops,
            case.community.currency,
            case.opened_at,
            reverse("admin:bank_case_change", args=[case.pk]),
            urgent=case.kind == Case.Kind.CHARGEBACK,
        )
