"""The office's page of readings that came after their slot was cleared."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BooksAdmin

from ..models import LateReading


@admin.register(LateReading)
class LateReadingAdmin(BooksAdmin):
    list_display = ("reading", "run")
    list_select_related = ("reading__point", "run")
    ordering = ("-id",)
    fields = list_display
