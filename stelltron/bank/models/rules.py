from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from stelltron.core.models import Community


class ByTwo(models.Model):
    """What one of the Treasury proposes for a day to come, and another one accepts."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second person"
        ACCEPTED = "ACCEPTED", "accepted"
        REJECTED = "REJECTED", "rejected"
        CANCELLED = "CANCELLED", "taken back before its day"

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        State.PROPOSED: {State.ACCEPTED, State.REJECTED},
        State.ACCEPTED: {State.CANCELLED},
    }

    id = models.BigAutoField(primary_key=True)
    from_day = models.DateField(help_text="the first day that it holds")
    state = models.CharField(max_length=9, choices=State, default=State.PROPOSED)
    reason = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="empty: delivered with the software",
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    recalled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="proposes to take it back",
    )
    recall_reason = models.CharField(max_length=300, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def _taken_back_by_two(name: str) -> models.CheckConstraint:
    by_two = models.Q(recalled_by__isnull=False, cancelled_by__isnull=False, cancelled_at__isnull=False)
    by_two &= ~models.Q(cancelled_by=models.F("recalled_by"))
    return models.CheckConstraint(condition=~models.Q(state="CANCELLED") | by_two, name=name)


def _second_person(name: str, *, delivered: models.Q | None = None) -> models.CheckConstraint:
    by_two = models.Q(proposed_by__isnull=False, decided_by__isnull=False, decided_at__isnull=False) & ~models.Q(
        decided_by=models.F("proposed_by")
    )
    accepted = by_two | delivered if delivered else by_two
    return models.CheckConstraint(condition=~models.Q(state="ACCEPTED") | accepted, name=name)


class RuleSet(ByTwo):
    """A version of what a jurisdiction asks of money that moves; a later version follows it and changes nothing of it."""

    code = models.CharField("jurisdiction", max_length=12)
    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField("version")
    currency = models.CharField(max_length=3, help_text="of its amounts; ISO 4217")
    values = models.JSONField(help_text="by rule; see stelltron/bank/rules.py")
    identity_fields = models.JSONField(help_text="what the identity check asks for")
    source = models.TextField(max_length=1000, help_text="the law or the decision that its values come from")

    class Meta:
        ordering = ["code", "-number"]
        verbose_name = "rules of a jurisdiction"
        verbose_name_plural = "rules of jurisdictions"
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="one_version_of_rules_per_number"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(state="PROPOSED"), name="one_version_of_rules_waits_at_a_time"
            ),
            _second_person(
                "a_second_person_accepts_rules",
                delivered=models.Q(proposed_by__isnull=True, decided_by__isnull=True, number=1),
            ),
            _taken_back_by_two("a_second_person_takes_rules_back"),
        ]

    def __str__(self) -> str:
        return f"{self.code}, version {self.number}"


class Adoption(ByTwo):
    """Whose rules a community is under, from a day on; empty: no jurisdiction's, its own parameters alone."""

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="adoptions")
    code = models.CharField("jurisdiction", max_length=12, blank=True)

    class Meta:
        ordering = ["-from_day", "-id"]
        verbose_name = "jurisdiction of a community"
        verbose_name_plural = "jurisdictions of communities"
        constraints = [
            models.UniqueConstraint(
                fields=["community"], condition=models.Q(state="PROPOSED"), name="one_jurisdiction_waits_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["community", "from_day"],
                condition=models.Q(state="ACCEPTED"),
                name="one_jurisdiction_begins_on_a_day",
            ),
            _second_person("a_second_person_accepts_a_jurisdiction"),
            _taken_back_by_two("a_second_person_takes_a_jurisdiction_back"),
        ]

    def __str__(self) -> str:
        return f"{self.community}: {self.code or 'no jurisdiction'} from {self.from_day}"


class Begun(models.Model):
    """The rules that what waits in a community was last asked about."""

    community = models.OneToOneField(Community, on_delete=models.PROTECT, primary_key=True, related_name="+")
    adoption = models.ForeignKey(Adoption, on_delete=models.PROTECT, related_name="+")
    rules = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="empty: they have ended"
    )
    asked_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "rules that began"
        verbose_name_plural = "rules that began"

    def __str__(self) -> str:
        return f"{self.community}: {self.rules or 'no jurisdiction'}"
