"""The base class of the admin pages of connections and server processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import CharField, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lifecycle.admin.paging import CappedPaginator
from lifecycle.text import visible

STYLE_SHEETS = (
    "lifecycle/css/admin/list.css",
    "lifecycle/css/admin/page.css",
    "lifecycle/css/admin/verdict.css",
    "lifecycle/css/admin/facts.css",
    "lifecycle/css/admin/timeline.css",
)


class RecordList(ChangeList):
    """A list that can be sorted only by columns with an index, also if the order is typed into the address."""

    def get_ordering_field(self, field_name: Any) -> Any:  # noqa: ANN401 - as in Django's stubs
        """Return the column by which a list is sorted; ``None`` if the list cannot be sorted so."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the order; the usual one if the address names no column by which the list can be sorted."""
        order = super().get_ordering(request, queryset)
        if order == ["-pk"] and self.params.pop(ORDER_VAR, None):
            return super().get_ordering(request, queryset)
        return order


class RecordAdmin(admin.ModelAdmin):
    """Read-only admin pages for tables that are too large to count."""

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    change_list_template = "lifecycle/admin/list.html"

    class Media:
        """The style sheets of these pages."""

        css = {"all": STYLE_SHEETS}  # noqa: RUF012 - Django reads a dictionary

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ANN401
        """Return the class of the list."""
        return RecordList

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return ``False``: the pages are read-only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return ``False``: the pages are read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return ``False``: the pages are read-only."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Return a row for display, or ``None`` if there is none."""
        row = super().get_object(request, object_id, from_field)
        return None if row is None else displayed(row)


RowT = TypeVar("RowT", bound=Model)


def displayed(row: RowT) -> RowT:
    """Make the bidirectional control characters in all texts of a row visible, and return the row.

    Clients choose paths, close reasons and notes. Never save the row: the database keeps the original texts.
    """
    for field in row._meta.concrete_fields:
        if isinstance(field, CharField) and (text := getattr(row, field.attname)):
            setattr(row, field.attname, visible(text))
    return row


def to_the_second(at: datetime) -> SafeString:
    """Return a ``<time>`` element that shows a time in the current time zone, with seconds."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}")
