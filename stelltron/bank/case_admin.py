"""The office's pages of cases, clearances and what members told us about themselves."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.staff import BAD, GOOD, WAITING, BooksAdmin, OfficeForm, badge, community_slug, link, watt
from stelltron.core.units import money
from stelltron.members.models import Member

from . import cases, chargebacks, customers, settling
from .models import Case, CaseStep, Clearance, CustomerRecord, FormerRecord

case_state = badge("state", OPEN=WAITING, CLEARED=GOOD, UPHELD=BAD)
step_state = badge("state", PROPOSED=WAITING, DONE=GOOD, REJECTED=BAD)


class ClearanceForm(OfficeForm):
    member = forms.ModelChoiceField(Member.objects.filter(is_active=True, kyc=Member.Kyc.APPROVED).order_by("code"))
    level = forms.ChoiceField(choices=Clearance.Level.choices)


@admin.register(Case)
class CaseAdmin(BooksAdmin):
    list_display = (
        "opened_at",
        "kind",
        "member",
        "text",
        watt("stroops", "hangs on it", ""),
        case_state,
        "closed_by",
        community_slug,
    )
    list_filter = ("state", "kind", "community")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member", "closed_by", "community")
    fields = (
        "kind",
        "member",
        "text",
        watt("stroops", "hangs on it", ""),
        "line",
        "payout",
        "proposal",
        case_state,
        "opened_at",
        "closed_at",
        "closed_by",
        "reason",
        "community",
    )
    actions_detail = ("clear", "uphold", "collect", "pay")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_case")

    @action(description="Clear", icon="done_all", permissions=["treasury"])
    def clear(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.row(request, object_id)

        def do(reason: str) -> str:
            if case.kind in Case.BY_TWO:
                return self._propose(request, case, CaseStep.Kind.CLEAR, reason)
            cases.clear(case, actor=request.user, reason=reason)
            return "Cleared: what waited goes on once no other case holds it."

        return self.act(request, OfficeForm, "Clear", do, row=case, explain=case.text)

    @action(description="Uphold", icon="block", permissions=["treasury"])
    def uphold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.row(request, object_id)

        def do(reason: str) -> str:
            if case.kind in Case.BY_TWO:
                return self._propose(request, case, CaseStep.Kind.UPHOLD, reason)
            cases.uphold(case, actor=request.user, reason=reason)
            return "Upheld: a payment goes back, one that was booked by hand is rejected, a withdrawal is cancelled, a stopped member stays stopped."

        return self.act(request, OfficeForm, "Uphold", do, row=case, explain=case.text, danger=True)

    @action(description="Burn what the wallet holds", icon="local_fire_department", permissions=["treasury"])
    def collect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.row(request, object_id)

        def do(reason: str) -> str:
            return self._propose(request, case, CaseStep.Kind.COLLECT, reason)

        explain = f"What the member's managed wallet holds is burned, up to the {money(chargebacks.owed(case))} WATT still owed."
        return self.act(request, OfficeForm, "Burn what the wallet holds", do, row=case, explain=explain, danger=True)

    @action(description="Pay out what was burned", icon="payments", permissions=["treasury"])
    def pay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = self.row(request, object_id)

        def do(reason: str) -> str:
            return self._propose(request, case, CaseStep.Kind.PAY, reason)

        explain = (
            f"{case.text}. The withdrawal is cancelled; what was burned goes to the same bank account, in whole cents."
        )
        return self.act(request, OfficeForm, "Pay out what was burned", do, row=case, explain=explain, danger=True)

    def _propose(self, request: HttpRequest, case: Case, kind: str, reason: str) -> str:
        settling.propose(case, kind, actor=request.user, reason=reason)
        return "Proposed: another one of the Treasury does it, under “Cases by two”."


@admin.register(CaseStep)
class CaseStepAdmin(BooksAdmin):
    list_display = ("proposed_at", "kind", "member", "case", step_state, "proposed_by", "decided_by")
    list_filter = ("state", "kind")
    search_fields = ("case__member__code", "case__member__name")
    list_select_related = ("case__member", "proposed_by", "decided_by")
    fields = (*list_display[1:], "reason", "proposed_at", "decided_at")
    actions_detail = ("approve", "reject")

    @display(description="member")
    def member(self, row: CaseStep) -> str:
        return str(row.case.member)

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_casestep")

    @action(description="Do it", icon="done_all", permissions=["treasury"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        step = self.row(request, object_id)

        def do(reason: str) -> str:
            burned = settling.approve(step, actor=request.user, reason=reason)
            return f"Done; {money(burned)} WATT are being burned." if burned else "Done."

        explain = f"{step.case.text}. {step.proposed_by} wants to {step.get_kind_display()}: {step.reason}"
        return self.act(request, OfficeForm, "Do it", do, row=step, explain=explain, danger=True)

    @action(description="Reject", icon="close", permissions=["treasury"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        step = self.row(request, object_id)

        def do(reason: str) -> str:
            settling.reject(step, actor=request.user, reason=reason)
            return "Rejected: nothing was done."

        return self.act(request, OfficeForm, "Reject", do, row=step, explain=step.reason)


@admin.register(Clearance)
class ClearanceAdmin(BooksAdmin):
    list_display = ("member", "level")
    list_filter = ("level",)
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("member__code",)
    fields = ("member", "level")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bank.add_clearance")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: Member, level: str, reason: str) -> str:
            cases.set_clearance(member, level, actor=request.user, reason=reason)
            return f"{member}: {Clearance.Level(level).label}."

        explain = "How much a member may pay in and withdraw follows from this; the amounts are parameters (bank.…)."
        return self.act(request, ClearanceForm, "Set a clearance", do, explain=explain)


class ToldAdmin(BooksAdmin):
    """Read by whoever decides the check; never searched by what it says."""

    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)

    @display(description="what they told us")
    def told(self, row: CustomerRecord | FormerRecord) -> str:
        return "; ".join(f"{name}: {value}" for name, value in sorted(customers.told(row).items()))


@admin.register(CustomerRecord)
class CustomerRecordAdmin(ToldAdmin):
    list_display = ("member", "changed_at", link("told before", "bank_formerrecord", "before", member__id__exact="pk"))
    ordering = ("-changed_at",)
    fields = ("member", "told", "changed_at")


@admin.register(FormerRecord)
class FormerRecordAdmin(ToldAdmin):
    list_display = ("member", "told_at", "replaced_at")
    fields = ("member", "told", "told_at", "replaced_at")
