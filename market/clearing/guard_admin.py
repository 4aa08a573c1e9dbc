"""The office's page of members whom a clearing left worse off than the utility would."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from stelltron.core.staff import BooksAdmin, watt

from ..engine.mechanisms import Mechanism
from ..models import WorseOff


@admin.register(WorseOff)
class WorseOffAdmin(BooksAdmin):
    list_display = ("run", "member", watt("stroops", "worse than at the utility by"), "mechanism")
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("run", "member")
    ordering = ("-id",)
    fields = (*list_display,)

    @display(description="mechanism")
    def mechanism(self, row: WorseOff) -> str:
        return Mechanism(row.run.mechanism).name.replace("_", " ").lower()
