"""The kinds of proposals."""

from __future__ import annotations

from django.db import models


class Kind(models.TextChoices):
    """What a proposal is about. The governor's contract numbers them in this order: append only."""

    TEXT = "TEXT", "a resolution"
    PARAMETER = "PARAMETER", "a change of a value"
    MECHANISM = "MECHANISM", "another way to share energy"
    UPGRADE = "UPGRADE", "how the house itself works"
    MEMBERSHIP = "MEMBERSHIP", "who keeps the roll"
    BUDGET = "BUDGET", "a payment from the common purse"

    @property
    def number(self) -> int:
        return list(Kind).index(self)
