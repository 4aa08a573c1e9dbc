from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django_celery_beat import models as schedules
from django_celery_beat.admin import CrontabScheduleAdmin, IntervalScheduleAdmin, PeriodicTaskAdmin, PeriodicTaskForm
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from .models import ActionLog, Community, Heartbeat, ParameterVersion
from .parameters import REGISTRY, schedule
from .staff import BooksAdmin, OfficeForm, SettingsAdmin, community_slug


@admin.register(Community)
class CommunityAdmin(SettingsAdmin):
    list_display = ("name", "slug", "currency", "slot_minutes", "clock", "data_time", "time_zone", "is_demo")
    search_fields = ("name", "slug")
    # A running market hangs on these: they are set once, when the community is opened.
    SET_ONCE = ("slug", "currency", "slot_minutes", "clock", "data_time", "is_demo")
    fields = ("name", "time_zone", *SET_ONCE, "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Community | None = None) -> tuple[str, ...]:
        return self.SET_ONCE if obj else ("data_time",)


class ParameterForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())
    key = forms.ChoiceField(choices=lambda: [(key, f"{key} ({REGISTRY[key].unit})") for key in sorted(REGISTRY)])
    value = forms.IntegerField()
    effective_from = forms.DateTimeField(
        help_text="UTC, on the community's own clock; empty: from now on", required=False
    )


@admin.register(ParameterVersion)
class ParameterVersionAdmin(BooksAdmin):
    list_display = ("key", "value", "unit", "effective_from", "reason", community_slug)
    list_filter = ("community", "key")
    search_fields = ("key", "reason")
    list_select_related = ("community",)
    fields = ("community", "key", "value", "unit", "effective_from", "reason", "created_at")

    @display(description="unit")
    def unit(self, row: ParameterVersion) -> str:
        return REGISTRY[row.key].unit if row.key in REGISTRY else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("core.add_parameterversion")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(community: Community, key: str, value: int, effective_from: datetime | None, reason: str) -> str:
            version = schedule(
                community,
                REGISTRY[key],
                value,
                effective_from or community.now(),
                reason,
                actor=request.user,
            )
            return f"{version} is scheduled."

        bounds = "; ".join(f"{p.key}: {p.lowest:,} to {p.highest:,} {p.unit}, {p.help}" for p in REGISTRY.values())
        return self.act(request, ParameterForm, "Schedule a parameter", do, explain=bounds)


@admin.register(ActionLog)
class ActionLogAdmin(BooksAdmin):
    list_display = ("at", "actor_or_system", "action", "target", "reason", community_slug)
    list_filter = ("community",)
    search_fields = ("target__exact", "action__exact")
    search_help_text = "exact target (a member or device code) or action (device.block)"
    list_select_related = ("actor", "community")
    fields = ("at", "actor", "action", "target", "reason", "community", "details")

    @display(description="who", empty_value="the system")
    def actor_or_system(self, row: ActionLog) -> object:
        return row.actor


@admin.register(Heartbeat)
class HeartbeatAdmin(BooksAdmin):
    list_display = ("process", "at", "age", "note")
    fields = ("process", "at", "note")

    @display(description="age")
    def age(self, row: Heartbeat) -> str:
        return f"{int((datetime.now(UTC) - row.at).total_seconds())} s"


class BeatTaskForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = UnfoldAdminSelectWidget(choices=self.fields["regtask"].widget.choices)


for model in (
    schedules.PeriodicTask,
    schedules.IntervalSchedule,
    schedules.CrontabSchedule,
    schedules.SolarSchedule,
    schedules.ClockedSchedule,
):
    admin.site.unregister(model)


@admin.register(schedules.PeriodicTask)
class BeatTaskAdmin(PeriodicTaskAdmin, ModelAdmin):
    form = BeatTaskForm
    date_hierarchy = None


@admin.register(schedules.IntervalSchedule)
class BeatIntervalAdmin(IntervalScheduleAdmin, ModelAdmin):
    pass


@admin.register(schedules.CrontabSchedule)
class BeatCrontabAdmin(CrontabScheduleAdmin, ModelAdmin):
    pass
