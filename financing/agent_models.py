"""Agents: they sell energy for cash, on somebody's credit and up to a ceiling."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from stelltron.core.ids import uuid7
from stelltron.members.models import Member

from .generator_models import Payment


class Agent(models.Model):
    """A member who takes cash for a principal, whose wallet pays for what is sold until the cash is handed over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    principal = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="agents")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="agencies")
    ceiling = models.BigIntegerField(help_text="stroops; the most cash the agent may hold")
    is_active = models.BooleanField(default=True)
    appointed_at = models.DateTimeField()
    last_number = models.PositiveIntegerField(default=0, help_text="of the agent's receipts")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["principal", "member"], name="one_agency_of_a_principal"),
            models.CheckConstraint(
                condition=Q(ceiling__gt=0) & ~Q(principal=F("member")), name="an_agent_sells_for_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} for {self.principal}"


class AgentSale(models.Model):
    """A receipt: cash for energy. It counts as long as the contract has not refused the payment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="sales")
    number = models.PositiveIntegerField(help_text="from 1, without a gap")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="sale")
    cash = models.BigIntegerField(help_text="stroops; what the customer gave")
    sold_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        verbose_name = "agent sale"
        constraints = [
            models.UniqueConstraint(fields=["agent", "number"], name="receipts_are_numbered"),
            models.CheckConstraint(condition=Q(cash__gt=0), name="a_sale_takes_cash"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.agent.member.code}-{self.number:06}"


class Handover(models.Model):
    """Cash that an agent brought, confirmed by the principal."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="handovers")
    cash = models.BigIntegerField(help_text="stroops")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(cash__gt=0), name="a_handover_is_of_something")]

    def __str__(self) -> str:
        return f"cash from {self.agent}"
