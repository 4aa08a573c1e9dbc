"""What every page of the staff admin shares: books nobody edits, cells with units, acts with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from . import units
from .actions import log_action
from .errors import Refused
from .models import Community

Column = Callable[[Any], Any]
GOOD, WAITING, BAD, NEUTRAL = "success", "warning", "danger", "info"


class _State(tuple):
    """Value and label: a list colours it by the value, a row's own page shows the label."""

    def __html__(self) -> str:
        return str(escape(self[1]))


def badge(field: str, description: str = "state", **colours: str) -> Column:
    """A state as a coloured label."""

    @display(description=description, ordering=field, label=colours)
    def column(row: models.Model) -> _State:
        return _State((getattr(row, field), str(getattr(row, f"get_{field}_display")())))

    return _named(column, field)


def energy(field: str, description: str = "energy") -> Column:
    @display(description=f"{description} (kWh)", ordering=field)
    def column(row: models.Model) -> str:
        wh = getattr(row, field)
        return "–" if wh is None else units.kwh(wh)

    return _named(column, field)


def watt(field: str, description: str = "amount", unit: str = "WATT", places: int = 2) -> Column:
    """Stroops as WATT; one WATT is one unit of the community's currency."""

    @display(description=f"{description} ({unit})", ordering=field)
    def column(row: models.Model) -> str:
        stroops = getattr(row, field)
        return "–" if stroops is None else units.money(stroops, places)

    return _named(column, field)


def price(field: str = "price", description: str = "price") -> Column:
    return watt(field, description, "WATT/kWh", 4)


def short(field: str, description: str) -> Column:
    """The beginning of a hash or an address; the whole on hover."""

    @display(description=description, ordering=field)
    def column(row: models.Model) -> str:
        text = str(getattr(row, field) or "")
        return format_html('<code title="{}">{}</code>', text, text[:10] + "…" if len(text) > 12 else text or "–")

    return _named(column, field)


def link(description: str, view: str, text: str, **query: str) -> Column:
    """A link to another list, filtered by attributes of this row: ``run__id__exact="pk"``."""

    @display(description=description)
    def column(row: models.Model) -> str:
        filters = "&".join(f"{key}={getattr(row, attribute)}" for key, attribute in query.items())
        return format_html(
            '<a class="text-link" href="{}?{}">{}</a>', reverse(f"admin:{view}_changelist"), filters, text
        )

    return _named(column, view)


@display(description="community", ordering="community")
def community_slug(row: Any) -> str:
    """Short, for lists; the row's own page has the name."""
    return row.community.slug if row.community else "–"


def _named(column: Column, name: str) -> Column:
    column.__name__ = name
    return column


class OfficeAdmin(ModelAdmin):
    """A list a co-op worker reads: no counting of millions of rows, nothing deleted by hand."""

    list_per_page = 50
    show_full_result_count = False
    actions = None
    list_filter_sheet = False
    compressed_fields = True
    warn_unsaved_form = True

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def row(self, request: HttpRequest, object_id: str, permission: str = "change") -> Any:
        """The row an act is about. Raises Http404, PermissionDenied."""
        found = self.get_object(request, unquote(str(object_id)))
        if found is None:
            raise Http404(f"no such {self.opts.verbose_name}")
        if not request.user.has_perm(f"{self.opts.app_label}.{permission}_{self.opts.model_name}"):
            raise PermissionDenied
        return found

    def page_of(self, row: models.Model) -> str:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])

    def act(
        self,
        request: HttpRequest,
        form_class: type[OfficeForm],
        title: str,
        do: Callable[..., str | HttpResponseBase],
        *,
        explain: str = "",
        row: models.Model | None = None,
        initial: dict[str, Any] | None = None,
        danger: bool = False,
    ) -> HttpResponseBase:
        """A page that asks, and then calls ``do`` with the form's fields; a refusal is shown beside them.

        ``do`` returns what to tell the user, or a page of its own.
        """
        sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = form_class(*sent, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                said = do(**form.cleaned_data)
            except Refused as problem:
                form.add_error(None, problem.message)
            else:
                if isinstance(said, HttpResponseBase):
                    return said
                messages.success(request, said)
                listing = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
                return HttpResponseRedirect(self.page_of(row) if row else listing)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "explain": explain,
            "opts": self.opts,
            "original": row,
            "back": self.page_of(row) if row else "../",
            "danger": danger,
        }
        return TemplateResponse(request, "admin/act.html", context)


class BooksAdmin(OfficeAdmin):
    """What happened: read, never edited. Lists of any size, without a count."""

    paginator = InfinitePaginator

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Sequence[Any]:
        return self.fields or ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class SettingsAdmin(OfficeAdmin):
    """Plain settings of a row: each change needs a reason and is written to the action log."""

    class Form(forms.ModelForm):
        reason = forms.CharField(
            max_length=300, widget=UnfoldAdminTextInputWidget, help_text="why; kept in the action log"
        )

    form = Form

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = [name for name in form.changed_data if name != "reason"]
        log_action(
            f"{self.opts.model_name}.{'change' if change else 'add'}",
            actor=request.user,
            target=obj,
            reason=form.cleaned_data.get("reason", ""),
            community=community_of(obj),
            fields=changed,
        )


def community_of(row: Any) -> Community | None:
    return row if isinstance(row, Community) else getattr(row, "community", None)


class OfficeForm(forms.Form):
    """A form in the admin's look; every act carries a reason."""

    reason = forms.CharField(max_length=300, help_text="why; kept in the action log")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])
        for field in self.fields.values():
            _dress(field)


class MonthForm(OfficeForm):
    """Which month of which community."""

    community = forms.ModelChoiceField(Community.objects.all())
    month = forms.CharField(max_length=7, help_text="YYYY-MM of the community's own calendar")


def _dress(field: forms.Field) -> None:
    if isinstance(field, forms.MultipleChoiceField):
        field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=field.choices)
    elif isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        field.widget = UnfoldAdminSelectWidget(choices=field.choices)
    elif isinstance(field, forms.DecimalField):
        field.widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    elif isinstance(field, forms.IntegerField):
        field.widget = UnfoldAdminIntegerFieldWidget()
    elif isinstance(field, forms.DateTimeField):
        field.widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    elif isinstance(field, forms.DateField):
        field.widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    elif isinstance(field, forms.CharField):
        field.widget = UnfoldAdminTextInputWidget(attrs={"maxlength": field.max_length} if field.max_length else {})
