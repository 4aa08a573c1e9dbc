"""The office's page of wallets that members change."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from stelltron.core.errors import Refused
from stelltron.core.staff import BAD, GOOD, WAITING, BooksAdmin, OfficeForm, badge, short
from stelltron.members.models import Member, Wallet

from . import wallet_changes
from .models import WalletChange


class WalletChangeForm(OfficeForm):
    member = forms.ModelChoiceField(
        Member.objects.filter(is_active=True, wallet__kind=Wallet.Kind.EXTERNAL).order_by("code")
    )
    address = forms.CharField(max_length=56, help_text="the member's new account (G…) or contract (C…) on Stellar")


@admin.register(WalletChange)
class WalletChangeAdmin(BooksAdmin):
    list_display = (
        "proposed_at",
        "member",
        short("old_address", "old wallet"),
        short("new_address", "new wallet"),
        badge("state", PROPOSED=WAITING, DONE=GOOD, REJECTED=BAD),
        "proposed_by",
        "decided_by",
    )
    list_filter = ("state", "member__community")
    search_fields = ("member__code", "member__name", "old_address", "new_address")
    list_select_related = ("member", "proposed_by", "decided_by")
    fields = (
        "member",
        "old_address",
        "new_address",
        "left",
        "state",
        "reason",
        "proposed_by",
        "decided_by",
        "proposed_at",
        "decided_at",
    )
    actions_detail = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("bank.add_walletchange")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("bank.change_walletchange")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: Member, address: str, reason: str) -> str:
            change = wallet_changes.propose(member, address.strip(), actor=request.user, reason=reason)
            return (
                f"Another one of the Treasury changes it. In the old wallet stays: {change.left or 'nothing of ours'}."
            )

        explain = (
            "Make sure that it is the member who asks. What is in the old wallet stays there, and WATT in it can be moved no more: "
            "have the member send it on first, if they can."
        )
        return self.act(request, WalletChangeForm, "Propose another wallet", do, explain=explain, danger=True)

    @action(description="Change it", icon="done_all", permissions=["treasury"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        change = self.row(request, object_id)

        def do(reason: str) -> str:
            wallet_changes.approve(change, actor=request.user, reason=reason)
            return f"{change.member} signs in and is paid with the new wallet from now on."

        explain = (
            f"From {change.old_address} to {change.new_address}. In the old wallet stays: {_left_now(change)}. "
            f"{change.proposed_by} proposes it: {change.reason}"
        )
        return self.act(request, OfficeForm, "Change it", do, row=change, explain=explain, danger=True)

    @action(description="Reject", icon="close", permissions=["treasury"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        change = self.row(request, object_id)

        def do(reason: str) -> str:
            wallet_changes.reject(change, actor=request.user, reason=reason)
            return "Rejected: the wallet stays as it is."

        return self.act(request, OfficeForm, "Reject", do, row=change, explain=change.reason)


def _left_now(change: WalletChange) -> str:
    """As the second person reads it, whatever it was when the first one did."""
    try:
        now = wallet_changes.left_in(change.member)
    except Refused as problem:
        return f"not known, because {problem.message}"
    return f"{now or 'nothing of ours'}" + (
        f" ({change.left or 'nothing'} when it was proposed)" if now != change.left else ""
    )
