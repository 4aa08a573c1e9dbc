"""Where generators stand, who is waited for, and what is due to be paid: two pages of the office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from financing.models import Generator, GeneratorRequest, Milestone, Offering, Stake, Upkeep

from .today import changelist
from .views.financing_papers import generator_for_staff

MOST = 50
DUE = (Milestone.State.ACCEPTED, Milestone.State.PROPOSED)
TO_DECIDE = (Upkeep.State.PROPOSED, Upkeep.State.AGREED)
BUILDING = (Generator.State.FUNDED, Generator.State.PENDING)


@dataclass(frozen=True)
class Stage:
    """``sums`` are (what, currency, stroops)."""

    label: str
    count: int
    sums: list[tuple[str, str, int]]
    url: str


@dataclass(frozen=True)
class Wait:
    """Something that does not go on by itself; ``stroops`` is what hangs on it."""

    what: str
    stage: str
    whom: str
    since: datetime | None
    stroops: int
    currency: str
    url: str


def pipeline() -> dict[str, Any]:
    waiting = sorted(
        [*_requests(), *_reviews(), *_fundings(), *_buildings()],
        key=lambda one: one.since or datetime.now(UTC),
    )
    return {"stages": _stages(), "waiting": waiting[:MOST], "more": max(len(waiting) - MOST, 0)}


def _stages() -> list[Stage]:
    wanted, made = GeneratorRequest.objects, Generator.objects
    states = GeneratorRequest.State
    goal = ("goal", "offering__goal")
    return [
        _stage("Taking bids", wanted.filter(state=states.OPEN), "financing_generatorrequest", "state__exact=OPEN"),
        _stage(
            "To be chosen", wanted.filter(state=states.DECIDING), "financing_generatorrequest", "state__exact=DECIDING"
        ),
        _stage(
            "In review",
            Offering.objects.filter(state=Offering.State.REVIEW),
            "financing_offering",
            "state__exact=REVIEW",
            ("goal", "goal"),
        ),
        _stage(
            "Funding",
            made.filter(state__in=(Generator.State.CREATING, Generator.State.FUNDING)),
            "financing_generator",
            "state__exact=FUNDING",
            goal,
            ("in escrow", "held"),
        ),
        _stage(
            "Being built",
            made.filter(state__in=BUILDING),
            "financing_generator",
            "state__in=FUNDED,PENDING",
            goal,
            ("paid to providers", "released"),
        ),
        _stage(
            "Running",
            made.filter(state=Generator.State.ACTIVE),
            "financing_generator",
            "state__exact=ACTIVE",
            goal,
            ("income", "received"),
        ),
    ]


def _stage(label: str, rows: QuerySet, model: str, query: str, *money: tuple[str, str]) -> Stage:
    """Sums apart by currency: communities may have different ones."""
    sums = {f"sum_{field}": Sum(field) for _, field in money}
    found = list(rows.values("community__currency").annotate(count=Count("pk"), **sums).order_by("community__currency"))
    return Stage(
        label,
        sum(row["count"] for row in found),
        [(what, row["community__currency"], row[f"sum_{field}"]) for row in found for what, field in money],
        changelist(model, query),
    )


def _requests() -> Iterator[Wait]:
    states = GeneratorRequest.State
    rows = GeneratorRequest.objects.select_related("community", "requester")
    for one in rows.filter(state=states.OPEN).order_by("opened_at")[:MOST]:
        yield _wait(one, str(one), "taking bids", "providers", one.opened_at)
    for one in rows.filter(state=states.DECIDING).order_by("bids_until")[:MOST]:
        yield _wait(one, str(one), "bids to choose from", f"requester {one.requester}", one.bids_until)


def _reviews() -> Iterator[Wait]:
    rows = Offering.objects.filter(state=Offering.State.REVIEW).select_related("community", "request")
    for one in rows.order_by("offered_at")[:MOST]:
        yield _wait(one, str(one), "in review", "co-op staff", one.offered_at, one.goal)


def _fundings() -> Iterator[Wait]:
    rows = Generator.objects.filter(state=Generator.State.FUNDING).select_related("community", "offering", "intent")
    for one in rows.order_by("pk")[:MOST]:
        since = one.intent.created_at if one.intent else one.offering.offered_at
        missing = one.offering.goal - one.sold * one.unit_price
        yield _wait(one, one.name, "funding", "financiers", since, missing)


def _buildings() -> Iterator[Wait]:
    rows = Generator.objects.filter(state__in=BUILDING).select_related("community", "offering", "requester", "provider")
    for one in rows.prefetch_related("milestones").order_by("funded_at")[:MOST]:
        stage, whom, since = _next_step(one)
        yield _wait(one, one.name, stage, whom, since, one.held)


def _next_step(made: Generator) -> tuple[str, str, datetime | None]:
    """Money before work: what is reported waits for who answers, then for the Treasury."""
    milestones = list(made.milestones.all())
    reported = [one for one in milestones if one.state == Milestone.State.REPORTED]
    due = [one for one in milestones if one.state in DUE]
    if due:
        return f"{due[0].title} to be paid", "Treasury", due[0].reported_at
    if reported:
        return f"{reported[0].title} to be accepted", f"requester {made.requester}", reported[0].reported_at
    if made.state == Generator.State.PENDING:
        return "first token to be sent", f"requester {made.requester}", made.funded_at
    return "being built", f"provider {made.provider}", made.funded_at


def _wait(
    row: GeneratorRequest | Offering | Generator,
    what: str,
    stage: str,
    whom: str,
    since: datetime | None,
    stroops: int = 0,
) -> Wait:
    url = reverse(f"admin:financing_{row._meta.model_name}_change", args=[row.pk])
    return Wait(what, stage, whom, since, stroops, row.community.currency, url)


def due_payments() -> dict[str, Any]:
    """The longest waiting first; the sums are of all, the lists of the first ones."""
    milestones = Milestone.objects.filter(state__in=DUE)
    refunds = Stake.objects.filter(generator__state=Generator.State.FAILED, units__gt=0)
    spendings = Upkeep.objects.filter(kind=Upkeep.Kind.SPEND, state__in=TO_DECIDE)
    funds = Generator.objects.filter(maintenance__gt=0)
    amount = F("generator__offering__goal") / 100 * F("percent")
    refund = F("units") * (F("generator__offering__goal") / 10_000)
    return {
        "milestones": [
            _wait_for_release(one)
            for one in milestones.select_related(
                "generator__offering", "generator__community", "generator__provider", "proposed_by"
            ).order_by("reported_at", "pk")[:MOST]
        ],
        "milestone_sums": _sums(milestones, "generator__community__currency", amount),
        "refunds": [
            _wait_for_refund(one)
            for one in refunds.select_related("generator__offering", "generator__community", "member").order_by(
                "generator__deadline", "pk"
            )[:MOST]
        ],
        "refund_sums": _sums(refunds, "generator__community__currency", refund),
        "spendings": [
            _wait_for_spending(one)
            for one in spendings.select_related("generator__community", "generator__requester", "payee").order_by(
                "proposed_at", "pk"
            )[:MOST]
        ],
        "spending_sums": _sums(spendings, "generator__community__currency", F("amount")),
        "funds": list(funds.select_related("community").order_by("-maintenance")[:MOST]),
        "fund_sums": _sums(funds, "community__currency", F("maintenance")),
    }


def _sums(rows: QuerySet, currency: str, amount: Any) -> list[tuple[str, int, int]]:
    """(currency, count, stroops)."""
    return list(rows.values_list(currency).annotate(count=Count("pk"), sum=Sum(amount)).order_by(currency))


def _wait_for_release(one: Milestone) -> Wait:
    proposed = one.state == Milestone.State.PROPOSED
    whom = f"a second of the Treasury (proposed by {one.proposed_by})" if proposed else "the Treasury to propose it"
    made = one.generator
    url = reverse("admin:financing_milestone_change", args=[one.pk])
    what = f"{one} to {made.provider}"
    return Wait(what, one.get_state_display(), whom, one.reported_at, one.amount, made.community.currency, url)


def _wait_for_refund(one: Stake) -> Wait:
    made = one.generator
    url = reverse("admin:financing_stake_change", args=[one.pk])
    whom = str(one.member or one.address)
    amount = one.units * made.unit_price
    return Wait(made.name, "funding failed", f"{whom} to take it", made.deadline, amount, made.community.currency, url)


def _wait_for_spending(one: Upkeep) -> Wait:
    made, agreed = one.generator, one.state == Upkeep.State.AGREED
    url = reverse("admin:financing_upkeep_change", args=[one.pk])
    whom = "a second of the Treasury" if agreed else f"requester {made.requester}"
    what = f"{made} to {one.payee}"
    return Wait(what, one.get_state_display(), whom, one.proposed_at, one.amount or 0, made.community.currency, url)


def page(
    title: str, template: str, figures: Callable[[], dict[str, Any]], *permissions: str
) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        if not (admin.site.has_permission(request) and request.user.has_perms(permissions)):
            raise PermissionDenied
        return render(request, template, {**admin.site.each_context(request), "title": title, **figures()})

    return view


PIPELINE = ("financing.view_generatorrequest", "financing.view_offering", "financing.view_generator")
DUE_PAYMENTS = ("financing.view_milestone", "financing.view_stake", "financing.view_upkeep")
urlpatterns = [
    path(
        "admin/generators/pipeline/",
        page("Generators under way", "admin/pipeline.html", pipeline, *PIPELINE),
        name="office-pipeline",
    ),
    path(
        "admin/generators/due/",
        page("Payments that are due", "admin/due_payments.html", due_payments, *DUE_PAYMENTS),
        name="office-due",
    ),
    path("admin/generators/<slug:address>.<slug:form>", generator_for_staff, name="office-generator-statement"),
]
