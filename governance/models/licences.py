"""Keys with which an application host reaches the API for a member with a licence stake."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from stelltron.members.models import Member


class LicenceKey(models.Model):
    """One application's key. Only its hash is kept: whoever reads this table cannot use it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="licence_keys")
    name = models.CharField(max_length=60, help_text="the application")
    scopes = models.JSONField(help_text="what it may do")
    start = models.CharField(max_length=12, help_text="how the key begins, to tell it from others")
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "licence key"
        constraints = [
            models.UniqueConstraint(
                fields=["member", "name"], condition=Q(revoked_at=None), name="one_live_key_per_application"
            )
        ]

    def __str__(self) -> str:
        return self.name
