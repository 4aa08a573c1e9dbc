from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from stelltron.core.models import Community
from stelltron.core.staff import (
    BAD,
    GOOD,
    NEUTRAL,
    WAITING,
    BooksAdmin,
    OfficeForm,
    SettingsAdmin,
    badge,
    community_slug,
    link,
    short,
)

from . import services
from .models import Member, Notice, NoticeChoice, User, Wallet

kyc_badge = badge("kyc", "KYC", APPROVED=GOOD, PENDING=WAITING, REJECTED=BAD, NONE=NEUTRAL)


class JoinForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    code = forms.CharField(max_length=40, help_text="the co-op's own number for this member")
    name = forms.CharField(max_length=120)
    kind = forms.ChoiceField(choices=Member.Kind.choices)
    email = forms.EmailField(required=False, help_text="to sign in with; a password is set by the member")
    address = forms.CharField(
        max_length=56, required=False, help_text="the member's own Stellar account; empty: the co-op manages a wallet"
    )


class KycForm(OfficeForm):
    decision = forms.ChoiceField(
        choices=[choice for choice in Member.Kyc.choices if choice[0] != Member.Kyc.NONE], initial=Member.Kyc.APPROVED
    )


@admin.register(Member)
class MemberAdmin(SettingsAdmin):
    list_display = ("code", "name", "kind", kyc_badge, "is_active", "wallet", "joined_at", community_slug)
    list_filter = ("kyc", "is_active", "kind", "community")
    search_fields = ("code", "name", "user__email", "wallet__address")
    list_select_related = ("community", "wallet")
    readonly_fields = (
        "community",
        "user",
        kyc_badge,
        "joined_at",
        "wallet",
        "grid_fee",
        devices := link("devices", "devices_device", "devices", owner__id__exact="pk"),
        bill := link("statement", "market_statementline", "statement lines", member__id__exact="pk"),
    )
    fields = (
        "code",
        "name",
        "kind",
        "is_active",
        "reason",
        "community",
        "user",
        kyc_badge,
        "wallet",
        "joined_at",
        "grid_fee",
        devices,
        bill,
    )
    actions_detail = ("decide_kyc",)

    @display(description="grid fee")
    def grid_fee(self, row: Member) -> str:
        newest = row.fee_discounts.first()
        if newest is None:
            return "by tariff"
        return f"{newest.percent} % back for staked GRID, from {newest.valid_from:%Y-%m-%d %H:%M} UTC on"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(reason: str, email: str, address: str, **fields: object) -> str:
            member = services.join(
                **fields, email=email or None, address=address or None, actor=request.user, reason=reason
            )
            return f"{member} has joined."

        return self.act(
            request, JoinForm, "Add a member", do, explain="A member joins with a wallet and no identity check yet."
        )

    @action(description="Decide KYC", icon="verified_user", permissions=["change"])
    def decide_kyc(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.row(request, object_id)

        def do(decision: str, reason: str) -> str:
            services.decide_kyc(member, decision, actor=request.user, reason=reason)
            return f"{member}: identity check {Member.Kyc(decision).label}."

        explain = f"The identity check is now: {member.get_kyc_display()}. Trading and payments need an approved one."
        return self.act(request, KycForm, "Decide KYC", do, row=member, explain=explain)


@admin.register(Wallet)
class WalletAdmin(BooksAdmin):
    list_display = ("member", short("address", "Stellar account"), "kind", "created_at")
    list_filter = ("kind",)
    search_fields = ("address", "member__code", "member__name")
    list_select_related = ("member",)
    fields = ("member", "kind", "address", "created_at")


@admin.register(Notice)
class NoticeAdmin(BooksAdmin):
    list_display = ("created_at", "member", "kind", "text", "read_at", "mailed_at", "texted_at")
    list_filter = ("kind", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    fields = (*list_display, "transaction_hash", "key")


@admin.register(NoticeChoice)
class NoticeChoiceAdmin(BooksAdmin):
    list_display = ("member", "mail", "phone")
    list_filter = ("mail", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    ordering = ("member__code",)
    fields = list_display


admin.site.unregister(Group)


@admin.register(User)
class OfficeUserAdmin(UserAdmin, ModelAdmin):
    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_superuser", "is_active", "last_login")
    search_fields = ("email", "first_name", "last_name")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name")}),
        ("Role", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2", "is_staff")}),)


@admin.register(Group)
class OfficeGroupAdmin(GroupAdmin, ModelAdmin):
    pass
