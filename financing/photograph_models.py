"""Photographs of places that ask for a generator, and of what was built there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from stelltron.core.ids import uuid7
from stelltron.members.models import Member

from .generator_models import Milestone
from .request_models import GeneratorRequest


class Photograph(models.Model):
    """A JPEG as everybody can load it; its SHA-256 is part of what goes on the chain as evidence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        GeneratorRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="photographs"
    )
    milestone = models.ForeignKey(
        Milestone, on_delete=models.PROTECT, null=True, blank=True, related_name="photographs"
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="photographs", help_text="who took it")
    content = models.BinaryField(editable=False)
    hash = models.CharField(max_length=64, help_text="SHA-256 of the content, hex")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    taken_at = models.DateTimeField(help_text="when it was sent to us")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(request__isnull=False, milestone=None) | Q(request=None, milestone__isnull=False),
                name="a_photograph_shows_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"photograph {self.hash[:10]}"
