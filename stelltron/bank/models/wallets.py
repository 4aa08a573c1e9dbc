from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.members.models import Member


class WalletChange(models.Model):
    """Another wallet for a member who keeps their own: one of the Treasury proposes it, another one does it."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        DONE = "DONE", "done"
        REJECTED = "REJECTED", "rejected"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {State.PROPOSED: {State.DONE, State.REJECTED}}

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="wallet_changes")
    old_address = models.CharField(max_length=56)
    new_address = models.CharField(max_length=56)
    left = models.CharField("stays in the old one", max_length=300, blank=True, help_text="empty: nothing of ours")
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "change of a wallet"
        verbose_name_plural = "changes of wallets"
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=models.Q(state="PROPOSED"), name="one_change_of_a_wallet_at_a_time"
            ),
            # What is on the allowlist, or was, is known by its address.
            models.UniqueConstraint(
                fields=["old_address"], condition=models.Q(state="DONE"), name="a_wallet_is_given_up_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="DONE")
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("proposed_by"))),
                name="a_second_person_changes_a_wallet",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.old_address[:4]}… to {self.new_address[:4]}…"
