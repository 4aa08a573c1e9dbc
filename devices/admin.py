from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action, display

from stelltron.core.models import Community
from stelltron.core.staff import (
    BAD,
    GOOD,
    WAITING,
    BooksAdmin,
    OfficeForm,
    SettingsAdmin,
    badge,
    community_slug,
    energy,
    link,
)

from . import services
from .models import Device, MeteringPoint, Quarantined, Register, SlotReading, Telemetry

device_state = badge("state", REGISTERED=WAITING, ACTIVE=GOOD, BLOCKED=BAD)
reading_state = badge("state", OPEN=WAITING, CLEARED=GOOD, LATE=BAD)
quality = badge("quality", "quality", MEASURED=GOOD, ESTIMATED=WAITING)


@admin.register(MeteringPoint)
class MeteringPointAdmin(SettingsAdmin):
    list_display = ("code", "member", "direction", "zone", "most_power_w", "valid_from", "valid_until", community_slug)
    list_filter = ("community", "direction", "zone")
    search_fields = ("code", "member__code", "member__name")
    list_select_related = ("member", "community")
    readonly_fields = (
        "code",
        "member",
        "community",
        link("readings", "devices_slotreading", "slot readings", point__id__exact="pk"),
    )
    fields = (*readonly_fields, "direction", "zone", "most_power_w", "valid_from", "valid_until", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A member who claims a device gets the point with it."""
        return False


class RegisterForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    device_id = forms.CharField(max_length=40, help_text="letters, digits, dots, dashes, underscores: as on its label")
    kind = forms.ChoiceField(choices=Device.Kind.choices)


class BlockForm(OfficeForm):
    """Only why."""


class ResetForm(OfficeForm):
    """Only why."""


class Silence(admin.SimpleListFilter):
    title, parameter_name = "contact", "contact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "live"), ("silent", "silent"), ("never", "never heard")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return services.by_contact(queryset, self.value()) if self.value() else queryset


@admin.register(Device)
class DeviceAdmin(BooksAdmin):
    list_display = ("id", "kind", device_state, "contact", "last_heard", "power", "owner", "point", community_slug)
    list_filter = (Silence, "state", "kind", "community")
    search_fields = ("id", "owner__code", "owner__name", "point__code")
    list_select_related = ("register", "owner", "point", "community")
    fields = (
        "id",
        "kind",
        device_state,
        "contact",
        "last_heard",
        "power",
        "exported",
        "imported",
        "owner",
        "point",
        "community",
        "registered_at",
        "alarm_since",
        link("telemetry", "devices_telemetry", "its telemetry", device__id__exact="pk"),
        link("quarantine", "devices_quarantined", "its refused messages", q="pk"),
    )
    actions_detail = ("block", "unblock", "reset_register")

    @display(description="contact", label={"live": GOOD, "silent": BAD, "never heard": WAITING, "blocked": BAD})
    def contact(self, row: Device) -> str:
        if row.state == Device.State.BLOCKED:
            return "blocked"
        if not hasattr(row, "register"):
            return "never heard"
        return "live" if row.is_online else "silent"

    @display(description="last heard (UTC)", ordering="register__received_at")
    def last_heard(self, row: Device) -> str:
        return f"{row.register.received_at:%Y-%m-%d %H:%M:%S}" if hasattr(row, "register") else "–"

    @display(description="power (W, + exports)", ordering="register__power_w")
    def power(self, row: Device) -> object:
        return row.register.power_w if hasattr(row, "register") else None

    @display(description="exported (kWh)")
    def exported(self, row: Device) -> object:
        return energy_of(row, "exported_mwh")

    @display(description="imported (kWh)")
    def imported(self, row: Device) -> object:
        return energy_of(row, "imported_mwh")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("devices.add_device")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, device_id: str, kind: str, reason: str) -> HttpResponse:
            device, key = services.register_device(community, device_id, kind=kind, actor=request.user, reason=reason)
            context = {
                **self.admin_site.each_context(request),
                "title": "Device registered",
                "device": device,
                "key": key.hex(),
            }
            return TemplateResponse(request, "admin/device_key.html", context)

        explain = "The device's key and claim code are shown once, on the next page."
        return self.act(request, RegisterForm, "Register a device", do, explain=explain)

    def has_block_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("devices.change_device")

    @action(description="Block", icon="block", permissions=["block"])
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        device = self.row(request, object_id)

        def do(reason: str) -> str:
            services.block(device, actor=request.user, reason=reason)
            return f"{device} is blocked: everything it sends goes to quarantine."

        explain = "Everything it sends from now on is refused and kept in quarantine."
        return self.act(request, BlockForm, "Block", do, row=device, explain=explain, danger=True)

    def has_unblock_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("devices.change_device")

    @action(description="Unblock", icon="lock_open", permissions=["unblock"])
    def unblock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        device = self.row(request, object_id)

        def do(reason: str) -> str:
            services.unblock(device, actor=request.user, reason=reason)
            return f"{device} is believed again."

        explain = "For a device that staff or the proof of energy blocked, once the cause is known."
        return self.act(request, BlockForm, "Unblock", do, row=device, explain=explain)

    def has_reset_register_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("devices.change_device")

    @action(description="Start its registers anew", icon="restart_alt", permissions=["reset_register"])
    def reset_register(self, request: HttpRequest, object_id: str) -> HttpResponse:
        device = self.row(request, object_id)

        def do(reason: str) -> str:
            services.reset_register(device, actor=request.user, reason=reason)
            return f"The next reading of {device} is taken as its first."

        explain = "For a meter that lost its memory. Energy since its last slot boundary is not billed."
        title = "Start its registers anew"
        return self.act(request, ResetForm, title, do, row=device, explain=explain, danger=True)


def energy_of(device: Device, field: str) -> str:
    register: Register | None = getattr(device, "register", None)
    return f"{getattr(register, field) / 1_000_000:,.3f}" if register else "–"


@admin.register(Telemetry)
class TelemetryAdmin(BooksAdmin):
    list_display = ("at", "device_id", "sequence", "power_w", "exported", "imported", "voltage", "received_at")
    list_display_links = None
    search_fields = ("device_id__exact",)
    search_help_text = "a whole device id; without one, the last hour of every device"
    sortable_by = ()

    fields = ("device", "sequence", "boot", "at", "received_at", "exported", "imported", "power_w", "voltage")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The index leads with the device: without one, only the newest hour is read."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        named = request.GET.get("q") or request.GET.get("device__id__exact")
        if named or not match or not match.url_name.endswith("_changelist"):
            return rows
        newest = Register.objects.aggregate(at=Max("at"))["at"]
        return rows.filter(at__gte=newest - timedelta(hours=1)) if newest else rows.none()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "device__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="exported (kWh)")
    def exported(self, row: Telemetry) -> str:
        return f"{row.exported_mwh / 1_000_000:,.3f}"

    @display(description="imported (kWh)")
    def imported(self, row: Telemetry) -> str:
        return f"{row.imported_mwh / 1_000_000:,.3f}"

    @display(description="voltage (V)")
    def voltage(self, row: Telemetry) -> str:
        return "–" if row.voltage_dv is None else f"{row.voltage_dv / 10:.1f}"


@admin.register(Quarantined)
class QuarantinedAdmin(BooksAdmin):
    list_display = ("received_at", "device_id", reason := badge("reason", "reason"), "detail", "size")
    list_filter = ("reason",)
    search_fields = ("device_id__exact",)
    search_help_text = "a whole device id"
    fields = ("received_at", "device_id", reason, "detail", "size", "message")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.defer("payload") if match and match.url_name.endswith("_changelist") else rows

    @display(description="message (first 1,000 bytes)")
    def message(self, row: Quarantined) -> str:
        return bytes(row.payload)[:1000].decode(errors="replace")


@admin.register(SlotReading)
class SlotReadingAdmin(BooksAdmin):
    list_display = (
        "slot",
        "point",
        energy("exported_wh", "exported"),
        energy("imported_wh", "imported"),
        quality,
        reading_state,
        community_slug,
    )
    list_filter = ("state", "quality", "community")
    search_fields = ("point__code__exact",)
    search_help_text = "a whole metering point code"
    list_select_related = ("point", "community")
    ordering = ("-id",)
    fields = (
        "slot",
        "point",
        energy("exported_wh", "exported"),
        energy("imported_wh", "imported"),
        quality,
        reading_state,
        "exported_from_mwh",
        "exported_to_mwh",
        "imported_from_mwh",
        "imported_to_mwh",
        "community",
    )
