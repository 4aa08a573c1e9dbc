"""The office's pages of jurisdictions: which rules there are, whose a community is under, and what holds because of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display

from stelltron.core.models import Community
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, community_slug

from . import explained, jurisdictions, recalls
from .models import Adoption, Begun, RuleSet
from .rules import FIELDS, RULES

state = badge("state", PROPOSED=WAITING, ACCEPTED=GOOD, REJECTED=BAD, CANCELLED=NEUTRAL)


class VersionForm(OfficeForm):
    code = forms.CharField(max_length=12, help_text="the jurisdiction, as IN; a new one also has a name and a currency")
    name = forms.CharField(max_length=80, required=False)
    currency = forms.CharField(max_length=3, min_length=3, required=False)
    from_day = forms.DateField(help_text="the first day that it holds")
    source = forms.CharField(max_length=1000, help_text="the law, or who said so")
    identity = forms.MultipleChoiceField(choices=list(FIELDS.items()), label="the identity check asks for")


RulesForm: type[OfficeForm] = type(
    "RulesForm",
    (VersionForm,),
    {
        rule.key: forms.IntegerField(
            min_value=rule.lowest, max_value=rule.highest, label=f"{rule.key} ({rule.unit})", help_text=rule.says
        )
        for rule in RULES.values()
    },
)


class AdoptionForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    code = forms.CharField(max_length=12, required=False, help_text="the jurisdiction; empty: none from that day on")
    from_day = forms.DateField(help_text="the first day that its rules hold")


class ByTwoAdmin(BooksAdmin):
    """Proposed by one of the Treasury, accepted or rejected by another one."""

    actions_detail = ("accept", "reject", "take_back", "take_back_second", "keep")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"bank.add_{self.opts.model_name}")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(f"bank.change_{self.opts.model_name}")

    @action(description="Accept", icon="done_all", permissions=["treasury"])
    def accept(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposed = self.row(request, object_id)

        def do(reason: str) -> str:
            jurisdictions.accept(proposed, actor=request.user, reason=reason)
            return f"Accepted: it holds from {proposed.from_day} on."

        explain = f"{proposed}, from {proposed.from_day} on. {proposed.proposed_by} proposes it: {proposed.reason}"
        return self.act(request, OfficeForm, "Accept", do, row=proposed, explain=explain, danger=True)

    @action(description="Reject", icon="close", permissions=["treasury"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposed = self.row(request, object_id)

        def do(reason: str) -> str:
            jurisdictions.reject(proposed, actor=request.user, reason=reason)
            return "Rejected: nothing changes."

        return self.act(request, OfficeForm, "Reject", do, row=proposed, explain=proposed.reason)

    @action(description="Propose to take back", icon="undo", permissions=["treasury"])
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        accepted = self.row(request, object_id)

        def do(reason: str) -> str:
            recalls.propose(accepted, actor=request.user, reason=reason)
            return "Proposed: another one of the Treasury takes it back, here."

        explain = f"{accepted} was to hold from {accepted.from_day} on. It is taken back by two, before its day."
        return self.act(request, OfficeForm, "Propose to take back", do, row=accepted, explain=explain)

    @action(description="Take back, as the second", icon="undo", permissions=["treasury"])
    def take_back_second(self, request: HttpRequest, object_id: str) -> HttpResponse:
        accepted = self.row(request, object_id)

        def do(reason: str) -> str:
            recalls.approve(accepted, actor=request.user, reason=reason)
            return f"Taken back: it does not begin on {accepted.from_day}."

        explain = f"{accepted} was to hold from {accepted.from_day} on. " + (
            f"{accepted.recalled_by} proposes to take it back: {accepted.recall_reason}"
            if accepted.recalled_by
            else "Nobody has proposed to take it back."
        )
        return self.act(request, OfficeForm, "Take back", do, row=accepted, explain=explain, danger=True)

    @action(description="Do not take back", icon="redo", permissions=["treasury"])
    def keep(self, request: HttpRequest, object_id: str) -> HttpResponse:
        accepted = self.row(request, object_id)

        def do(reason: str) -> str:
            recalls.drop(accepted, actor=request.user, reason=reason)
            return f"It holds from {accepted.from_day} on, as accepted."

        return self.act(request, OfficeForm, "Do not take back", do, row=accepted, explain=accepted.recall_reason)


@admin.register(RuleSet)
class RuleSetAdmin(ByTwoAdmin):
    list_display = ("code", "number", "name", "from_day", state, "proposed_by", "decided_by")
    list_filter = ("code", "state")
    list_select_related = ("proposed_by", "decided_by")
    fields = (
        *list_display,
        "currency",
        "said",
        "identity",
        "source",
        "reason",
        "proposed_at",
        "decided_at",
        "recalled_by",
        "recall_reason",
        "cancelled_by",
        "cancelled_at",
    )

    @display(description="rules")
    def said(self, row: RuleSet) -> str:
        values = (
            (key, f"{row.values[key]:,}", rule.unit, rule.says) for key, rule in RULES.items() if key in row.values
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {} {}: {}</li>", values))

    @display(description="the identity check asks for")
    def identity(self, row: RuleSet) -> str:
        return "; ".join(FIELDS[name] for name in FIELDS if name in row.identity_fields)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(code: str, identity: list[str], from_day: date, **given: Any) -> str:
            values = {key: given.pop(key) for key in RULES}
            made = jurisdictions.propose_rules(code, values, identity, from_day, actor=request.user, **given)
            return f"{made} is proposed: another one of the Treasury accepts it."

        return self.act(request, RulesForm, "Propose a version", do, initial=_like(request.GET.get("like", "")))


def _like(code: str) -> dict[str, Any]:
    """What a further version begins from: the newest of ``?like=IN``."""
    before = RuleSet.objects.filter(code=code).order_by("-number").first()
    if before is None:
        return {}
    values = {key: before.values.get(key) for key in RULES}
    return {"code": before.code, "identity": before.identity_fields, "source": before.source, **values}


@admin.register(Adoption)
class AdoptionAdmin(ByTwoAdmin):
    list_display = ("from_day", "jurisdiction", state, "proposed_by", "decided_by", community_slug)
    list_filter = ("community", "state")
    list_select_related = ("community", "proposed_by", "decided_by")
    fields = (
        "community",
        "jurisdiction",
        "from_day",
        state,
        "reason",
        "proposed_by",
        "decided_by",
        "decided_at",
        "recalled_by",
        "recall_reason",
        "cancelled_by",
        "cancelled_at",
        "today",
    )

    @display(description="jurisdiction", ordering="code")
    def jurisdiction(self, row: Adoption) -> str:
        return row.code or "none"

    @display(description="what holds today, and why")
    def today(self, row: Adoption) -> str:
        found = jurisdictions.in_force(row.community)
        held = ((name, f"{one.value:,}", one.why) for name, one in explained.lines(row.community))
        listed = format_html_join("", "<li><b>{}</b> {}: {}</li>", held)
        return format_html("<p>In force: {}</p><ul>{}</ul>", found or "no jurisdiction", listed)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, code: str, from_day: date, reason: str) -> str:
            made = jurisdictions.propose_adoption(community, code, from_day, actor=request.user, reason=reason)
            return f"{made} is proposed: another one of the Treasury accepts it."

        known = RuleSet.objects.filter(state=RuleSet.State.ACCEPTED).order_by("code", "number")
        explain = "Rules there are: " + "; ".join(f"{one} ({one.name}, {one.currency})" for one in known)
        return self.act(request, AdoptionForm, "Propose a jurisdiction", do, explain=explain)


@admin.register(Begun)
class BegunAdmin(BooksAdmin):
    list_display = ("community", "rules", "asked_at")
    list_select_related = ("community", "rules")
    fields = ("community", "adoption", "rules", "asked_at")
