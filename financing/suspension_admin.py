"""The office's two acts on who may be suspended."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.staff import BooksAdmin, OfficeForm

from . import suspensions


class SuspensionActs(BooksAdmin):
    @display(description="suspended", boolean=True, ordering="suspended_at")
    def suspended(self, row: suspensions.Party) -> bool:
        return row.suspended_at is not None

    @action(description="Suspend", icon="pause_circle", permissions=["decide"])
    def suspend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        party = self.row(request, object_id)

        def do(reason: str) -> str:
            suspensions.suspend(party, actor=request.user, reason=reason)
            return f"{party} is suspended and told why."

        explain = f"{party} will {suspensions.STOPPED[type(party)]} until this is lifted, and reads the reason."
        return self.act(request, OfficeForm, f"Suspend {party}", do, row=party, explain=explain, danger=True)

    @action(description="Lift the suspension", icon="play_circle", permissions=["decide"])
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        party = self.row(request, object_id)

        def do(reason: str) -> str:
            suspensions.lift(party, actor=request.user, reason=reason)
            return f"{party} may {suspensions.AGAIN[type(party)]} again."

        return self.act(request, OfficeForm, f"Lift the suspension of {party}", do, row=party, explain=party.suspension)
