"""The lines of the members' bills."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stelltron.members.models import Member

from .slots import SlotRun
from .trades import LOOKED_UP_IF_ANY, Trade


class LineKind(models.TextChoices):
    """What a statement line is about."""

    COMMUNITY_SALE = "COMMUNITY_SALE", "sold to neighbours"
    COMMUNITY_PURCHASE = "COMMUNITY_PURCHASE", "bought from neighbours"
    FRIEND_SALE = "FRIEND_SALE", "sold under a contract"
    FRIEND_PURCHASE = "FRIEND_PURCHASE", "bought under a contract"
    STORED_SALE = "STORED_SALE", "stored energy delivered"
    STORED_PURCHASE = "STORED_PURCHASE", "stored energy bought ahead"
    GRID_FEE = "GRID_FEE", "grid fee"
    OWN_USE = "OWN_USE", "covered by energy you held"
    UTILITY_EXPORT = "UTILITY_EXPORT", "fed in to the utility"
    UTILITY_IMPORT = "UTILITY_IMPORT", "bought from the utility"
    TAX = "TAX", "tax on what the utility sold"
    STANDING_CHARGE = "STANDING_CHARGE", "standing charge of the day"
    CORRECTION = "CORRECTION", "correction after a dispute"


class StatementLine(models.Model):
    """One line of a member's bill; positive amounts are owed to the member."""

    Kind = LineKind

    id = models.BigAutoField(primary_key=True)
    # The database looks these up once a statement: see stelltron/core/foreign_keys.py.
    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="statement_lines", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(SlotRun, related_name="lines", **LOOKED_UP_IF_ANY)
    trade = models.ForeignKey(Trade, help_text="spot trades only", **LOOKED_UP_IF_ANY)
    slot = models.DateTimeField()
    kind = models.CharField(max_length=18, choices=Kind)
    wh = models.BigIntegerField()
    price = models.BigIntegerField(help_text="stroops per kWh")
    amount = models.BigIntegerField(help_text="stroops; negative: the member pays")
    day = models.DateField(null=True, blank=True, help_text="standing charges: the local day they are for")

    class Meta:
        ordering = ["-slot", "-id"]
        indexes = [
            models.Index(fields=["member", "-slot"]),
            models.Index(fields=["trade"], condition=Q(trade__isnull=False), name="lines_of_trade"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "member", "kind", "price"],
                condition=Q(run__isnull=False),
                name="one_line_per_run_member_kind_and_price",
            ),
            models.UniqueConstraint(
                fields=["day", "member"],
                condition=Q(kind="STANDING_CHARGE"),
                name="one_standing_charge_per_member_and_day",
            ),
            models.CheckConstraint(
                condition=Q(kind="STANDING_CHARGE", day__isnull=False) | (~Q(kind="STANDING_CHARGE") & Q(day=None)),
                name="standing_charges_have_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.wh} Wh"
