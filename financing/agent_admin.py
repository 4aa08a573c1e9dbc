"""Agents, their receipts and the cash they brought, and photographs, in the office."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from stelltron.core.staff import BooksAdmin, short, watt
from stelltron.core.units import money

from . import agents as service
from .models import Agent, AgentSale, Handover, Photograph


@admin.register(Agent)
class AgentAdmin(BooksAdmin):
    list_display = ("member", "principal", watt("ceiling", "ceiling"), "last_number", "is_active", "appointed_at")
    list_filter = ("is_active",)
    search_fields = ("member__code", "principal__code")
    list_select_related = ("member", "principal")
    fields = ("member", "principal", watt("ceiling", "ceiling"), "holds", "last_number", "is_active", "appointed_at")

    @display(description="holds in cash (WATT)")
    def holds(self, row: Agent) -> str:
        return money(service.owed(row), 7)


@admin.register(AgentSale)
class AgentSaleAdmin(BooksAdmin):
    list_display = ("agent", "number", watt("cash", "cash"), "counts", "sold_at")
    search_fields = ("agent__member__code",)
    list_select_related = ("agent__member", "agent__principal", "payment")
    ordering = ("-sold_at",)
    fields = ("agent", "number", "payment", watt("cash", "cash", places=7), "counts", "sold_at")

    @display(description="payment")
    def counts(self, row: AgentSale) -> str:
        return row.payment.get_state_display()


@admin.register(Handover)
class HandoverAdmin(BooksAdmin):
    list_display = ("agent", watt("cash", "cash"), "at")
    search_fields = ("agent__member__code",)
    list_select_related = ("agent__member", "agent__principal")
    fields = ("agent", watt("cash", "cash", places=7), "at")


@admin.register(Photograph)
class PhotographAdmin(BooksAdmin):
    list_filter = ("milestone__state",)
    list_display = (short("hash", "SHA-256"), "request", "milestone", "member", "width", "height", "taken_at")
    search_fields = ("hash__exact", "member__code")
    list_select_related = ("request", "milestone__generator", "member")
    fields = ("picture", "hash", "request", "milestone", "member", "width", "height", "taken_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("content")

    @display(description="photograph")
    def picture(self, row: Photograph) -> str:
        address = reverse("admin:financing_photograph_content", args=[row.pk])
        return format_html('<img src="{}" style="max-width:100%" width="{}" alt="">', address, row.width)

    def get_urls(self) -> list:
        content = self.admin_site.admin_view(self.content)
        return [path("<uuid:pk>/content", content, name="financing_photograph_content"), *super().get_urls()]

    def content(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        photograph = get_object_or_404(Photograph, pk=pk)
        return HttpResponse(
            bytes(photograph.content), content_type="image/jpeg", headers={"X-Content-Type-Options": "nosniff"}
        )
