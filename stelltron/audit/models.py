from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from stelltron.core.models import ActionLog, Community
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member

# What stands where words were erased; a trigger lets nothing else be written over an action.
TOMBSTONE, NO_DETAILS = "(erased)", "{}"


class Erasure(models.Model):
    """A former member's personal data to be replaced; two of the staff decide."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        DONE = "DONE", "erased"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.DONE, State.REJECTED}}

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="erasures")
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    replaced = models.JSONField(default=dict, blank=True, help_text="how many rows of which table")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=~Q(state="REJECTED"), name="one_erasure_per_member_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="a_second_person_erases"
            ),
            models.CheckConstraint(
                condition=Q(state="DONE", approved_by__isnull=False)
                | Q(state__in=["PROPOSED", "REJECTED"], approved_by=None),
                name="erased_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member.code}, {self.get_state_display()}"


class Unsealed(models.Model):
    """An action that waits for its seal; a trigger on the log writes it, so that no row is ever overlooked."""

    action_id = models.BigIntegerField(primary_key=True)
    community = models.ForeignKey(Community, on_delete=models.DO_NOTHING, null=True, db_constraint=False)
    since = models.DateTimeField()


class Seal(models.Model):
    """An action's place in its community's chain, and the hash that binds it to the one before.

    What people wrote freely is bound by ``words``, a salted hash of it: an erasure takes the words and the salt away
    and the chain still holds.
    """

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(
        Community, on_delete=models.PROTECT, null=True, blank=True, help_text="empty: actions of no community"
    )
    number = models.BigIntegerField(help_text="1, 2, 3 … without gaps within the community")
    action = models.OneToOneField(ActionLog, on_delete=models.PROTECT, related_name="seal")
    salt = models.BinaryField(null=True, editable=False, help_text="none: the words were erased")
    words = models.CharField(max_length=64, help_text="SHA-256 of the salt, the reason and the details")
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, null=True, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["community", "number"], name="one_action_per_number", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(salt__isnull=False, erasure=None) | Q(salt=None, erasure__isnull=False),
                name="only_an_erasure_takes_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Anchor(models.Model):
    """The head of a chain as it was given to Stellar; what the chain holds is what counts, not this row."""

    class Book(models.TextChoices):
        JOURNAL = "JOURNAL", "journal"
        ACTIONS = "ACTIONS", "action log"

    id = models.BigAutoField(primary_key=True)
    community = models.ForeignKey(
        Community, on_delete=models.PROTECT, null=True, blank=True, help_text="empty: actions of no community"
    )
    book = models.CharField(max_length=7, choices=Book)
    number = models.BigIntegerField(help_text="of the last row")
    hash = models.CharField(max_length=64)
    intent = models.ForeignKey(ChainIntent, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["intent", "book", "community"], name="one_head_per_book_and_intent")
        ]
        permissions = [("export_books", "may export the books of a period")]

    def __str__(self) -> str:
        return f"{self.get_book_display()} {self.number}"
