"""Proposals, who stands behind them, what was voted and said about them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.core.models import Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

from .kinds import Kind


class Proposal(models.Model):
    """Something put to the members. The governor's events move it once it is on the chain."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", "draft"
        WITHDRAWN = "WITHDRAWN", "withdrawn"
        SENT = "SENT", "on its way to the chain"
        OPEN = "OPEN", "to the vote"
        DEFEATED = "DEFEATED", "rejected"
        SUCCEEDED = "SUCCEEDED", "accepted"
        QUEUED = "QUEUED", "waits for its day"
        EXECUTED = "EXECUTED", "carried out"
        CANCELLED = "CANCELLED", "cancelled"
        EXPIRED = "EXPIRED", "expired"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.DRAFT: {State.SENT, State.WITHDRAWN},
        State.SENT: {State.OPEN, State.DRAFT},
        State.OPEN: {State.DEFEATED, State.SUCCEEDED, State.CANCELLED, State.QUEUED},
        State.SUCCEEDED: {State.QUEUED, State.CANCELLED, State.EXPIRED},
        State.QUEUED: {State.EXECUTED, State.CANCELLED, State.EXPIRED},
        # Events may come after our own clock has judged.
        State.EXPIRED: {State.EXECUTED},
    }
    # Not decided yet, or decided and not done.
    PENDING: ClassVar[tuple[str, ...]] = (State.SENT, State.OPEN, State.SUCCEEDED, State.QUEUED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=10_000)
    change = models.JSONField(default=dict, blank=True, help_text="what it does, as its kind reads it")
    effective_from = models.DateTimeField(null=True, blank=True, help_text="a value holds from this slot on")
    author = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    number = models.PositiveIntegerField(null=True, blank=True, help_text="the governor's")
    description_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what members read")
    operation = models.CharField(max_length=64, blank=True, help_text="the timelock's name for it")
    snapshot_at = models.DateTimeField(null=True, blank=True, help_text="who was on the roll then has a vote")
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True, help_text="it may be carried out")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="it no longer may")
    quorum_bps = models.PositiveIntegerField(default=0)
    majority_bps = models.PositiveIntegerField(default=0)
    by_stake = models.BooleanField(
        default=False, help_text="votes weigh the GRID at stake, and are counted in stroops of it"
    )
    eligible = models.BigIntegerField(default=0)
    yes = models.BigIntegerField(default=0)
    no = models.BigIntegerField(default=0)
    abstain = models.BigIntegerField(default=0)
    decided_at = models.DateTimeField(null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)
    intent = models.ForeignKey(
        ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="its step under way"
    )
    problem = models.CharField(max_length=300, blank=True, help_text="why the last step was refused")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["community", "state", "-id"], name="proposals_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["community", "number"], name="one_proposal_per_number"),
            models.CheckConstraint(
                condition=Q(yes__gte=0, no__gte=0, abstain__gte=0) & Q(eligible__gte=F("yes") + F("no") + F("abstain")),
                name="no_more_votes_than_eligible",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("DRAFT", "WITHDRAWN", "SENT")) | Q(number__isnull=False),
                name="decided_on_the_chain",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def cast(self) -> int:
        return self.yes + self.no + self.abstain


class Sponsor(models.Model):
    """A member who wants the draft put to the vote."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="sponsors")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sponsored")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "member"], name="sponsors_once")]

    def __str__(self) -> str:
        return f"{self.member} for {self.proposal}"


class Ballot(models.Model):
    """One vote: counted by the governor, mirrored here."""

    class Choice(models.TextChoices):
        NO = "NO", "no"
        YES = "YES", "yes"
        ABSTAIN = "ABSTAIN", "abstain"

        @property
        def number(self) -> int:
            return list(Ballot.Choice).index(self)

    class State(models.TextChoices):
        SENT = "SENT", "on its way to the chain"
        CAST = "CAST", "counted"
        REFUSED = "REFUSED", "refused"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.SENT: {State.CAST, State.REFUSED},
        State.REFUSED: {State.CAST},
    }

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="ballots")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="ballots")
    address = models.CharField(max_length=56)
    choice = models.CharField(max_length=7, choices=Choice)
    weight = models.BigIntegerField(default=0)
    follows = models.ForeignKey(
        Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="the delegate it follows"
    )
    state = models.CharField(max_length=7, choices=State, default=State.SENT)
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "address"], condition=~Q(state="REFUSED"), name="one_vote_per_wallet"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address[:6]}…: {self.get_choice_display()}"


class Delegation(models.Model):
    """Whose choice a member follows where they have not voted themselves shortly before the end."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, primary_key=True, related_name="delegation")
    delegate = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="delegated_to")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(member=F("delegate")), name="delegates_to_another")]

    def __str__(self) -> str:
        return f"{self.member} follows {self.delegate}"


class Comment(models.Model):
    """What a member says about a proposal; staff may hide it, and says why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="comments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="proposal_comments")
    text = models.TextField(max_length=2_000)
    at = models.DateTimeField(auto_now_add=True)
    hidden_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]
