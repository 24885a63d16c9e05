"""The base class of the admin pages of connections and server processes."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lifecycle.admin.paging import CappedPaginator

STYLE_SHEETS = (
    "lifecycle/css/admin/list.css",
    "lifecycle/css/admin/page.css",
    "lifecycle/css/admin/verdict.css",
    "lifecycle/css/admin/facts.css",
    "lifecycle/css/admin/timeline.css",
)


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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return ``False``: the pages are read-only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return ``False``: the pages are read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return ``False``: the pages are read-only."""
        return False


def to_the_second(at: datetime) -> SafeString:
    """Return a ``<time>`` element that shows a time in the current time zone, with seconds."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}")
