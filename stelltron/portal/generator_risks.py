"""What of generators the office should look at today."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from financing.models import Announcement, CoverClaim, Generator, Milestone, Offering, Ticket, Upkeep

from .risk import Risk

MOST = 50


def generators() -> Iterator[Risk]:
    """Money that somebody waits for or may lose, faults that users told of, and books that differ from their contract."""
    yield from _payments()
    yield from _offerings()
    yield from _defaults()
    yield from _upkeep()
    yield from _announcements()
    yield from _claims()
    yield from _tickets()
    yield from _differences()


def _payments() -> Iterator[Risk]:
    """What providers wait to be paid for."""
    due = Milestone.objects.filter(state__in=(Milestone.State.ACCEPTED, Milestone.State.PROPOSED))
    for milestone in due.select_related("generator__offering", "generator__community")[:MOST]:
        yield Risk(
            "due payment",
            str(milestone),
            milestone.get_state_display(),
            milestone.amount,
            milestone.generator.community.currency,
            milestone.reported_at,
            reverse("admin:financing_milestone_change", args=[milestone.pk]),
        )


def _offerings() -> Iterator[Risk]:
    for offering in Offering.objects.filter(state=Offering.State.REVIEW).select_related("request", "community"):
        yield Risk(
            "offering",
            str(offering),
            "waits for review",
            0,
            offering.community.currency,
            offering.offered_at,
            reverse("admin:financing_offering_change", args=[offering.pk]),
        )


def _defaults() -> Iterator[Risk]:
    """What is left in the escrow of generators that are not delivered."""
    late = Milestone.objects.filter(generator__state__in=Generator.OWNED, pace=Milestone.Pace.DEFAULT)
    for milestone in late.select_related("generator__offering", "generator__community")[:MOST]:
        yield Risk(
            "default",
            str(milestone),
            milestone.delay or "the provider has said nothing",
            milestone.generator.held,
            milestone.generator.community.currency,
            milestone.due_at,
            reverse("admin:financing_milestone_change", args=[milestone.pk]),
            urgent=True,
        )


def _upkeep() -> Iterator[Risk]:
    for upkeep in Upkeep.objects.filter(state=Upkeep.State.AGREED).select_related("generator__community"):
        yield Risk(
            "upkeep",
            str(upkeep),
            upkeep.get_state_display(),
            upkeep.amount or 0,
            upkeep.generator.community.currency,
            upkeep.agreed_at,
            reverse("admin:financing_upkeep_change", args=[upkeep.pk]),
        )


def _announcements() -> Iterator[Risk]:
    rows = Announcement.objects.filter(state=Announcement.State.PROPOSED)
    for announced in rows.select_related("generator__community", "milestone__generator__offering")[:MOST]:
        milestone = announced.milestone
        yield Risk(
            "announcement",
            str(announced),
            announced.get_state_display(),
            milestone.amount if milestone else announced.generator.held,
            announced.generator.community.currency,
            announced.proposed_at,
            reverse("admin:financing_announcement_change", args=[announced.pk]),
        )


def _claims() -> Iterator[Risk]:
    open_claims = CoverClaim.objects.exclude(state__in=(CoverClaim.State.PAID, CoverClaim.State.REFUSED))
    for claim in open_claims.select_related(
        "cover__holder__community", "cover__offer__generator", "cover__offer__insurer__member"
    )[:MOST]:
        yield Risk(
            "cover claim",
            str(claim),
            claim.get_state_display(),
            claim.owed or claim.claimed,
            claim.cover.holder.community.currency,
            claim.made_at,
            reverse("admin:financing_coverclaim_change", args=[claim.pk]),
            urgent=claim.state == CoverClaim.State.OWED,
        )


def _tickets() -> Iterator[Risk]:
    faults = Ticket.objects.filter(state=Ticket.State.OPEN).select_related("generator__community")
    for ticket in faults.order_by("pk")[:MOST]:
        yield Risk(
            "fault" if ticket.fault else "question",
            str(ticket),
            ticket.text,
            0,
            ticket.generator.community.currency,
            ticket.opened_at,
            reverse("admin:financing_ticket_change", args=[ticket.pk]),
            urgent=ticket.fault,
        )


def _differences() -> Iterator[Risk]:
    for made in Generator.objects.exclude(differences=[]).select_related("community"):
        yield Risk(
            "difference",
            f"{made}: {len(made.differences)} figure(s) differ from its contract",
            ", ".join(found["what"] for found in made.differences[:4]),
            sum(abs(found["ours"] - found["chain"]) for found in made.differences if found["what"] == "journal"),
            made.community.currency,
            made.compared_at,
            reverse("admin:financing_generator_change", args=[made.pk]),
            urgent=True,
        )
