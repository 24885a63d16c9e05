"""The admin pages of connections: the list, and one page per connection with its timeline."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lifecycle.admin import timeline
from lifecycle.admin.base import RecordAdmin, displayed, to_the_second
from lifecycle.admin.filters import CauseFilter, CodeFilter, EndpointFilter, ProcessFilter, TimeFilter
from lifecycle.admin.search import Result, search
from lifecycle.models import Connection
from lifecycle.verdict.causes import is_abnormal
from lifecycle.verdict.texts import cause_words

REPORTS_SHOWN = 200
#: The attribute of a request in which its search result is kept for the page.
RESULT = "_lifecycle_search"


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin):
    """Connections, newest first."""

    change_form_template = "lifecycle/admin/connection.html"
    #: Whether the dashboard's explorer lists the same rows.
    in_explorer = True
    list_display = ("time", "endpoint", "state", "why", "code", "who", "lasted", "user", "client_ip")
    list_filter = (TimeFilter, "state", CauseFilter, EndpointFilter, ProcessFilter, CodeFilter)
    list_select_related = ("process",)
    fields = tuple(field.name for field in Connection._meta.concrete_fields)
    ordering = ("-opened_at",)
    sortable_by = ("time",)
    search_fields = ("endpoint",)
    search_help_text = _("ID or its start, username, address, network, tab, or a part of the path or endpoint.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the connections that match every word, without duplicates."""
        if not search_term.split():
            return queryset, False
        result = search(queryset, search_term)
        setattr(request, RESULT, result)
        return result.rows, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add how far the search got to the list."""
        response = super().changelist_view(request, extra_context)
        result: Result | None = getattr(request, RESULT, None)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["lifecycle_search"] = result
        return response

    @admin.display(description=_("handshake"), ordering="opened_at")
    def time(self, connection: Connection) -> str:
        """Return the time of the handshake."""
        return to_the_second(connection.opened_at)

    @admin.display(description=_("cause"))
    def why(self, connection: Connection) -> str:
        """Return the label of the cause, with markup for normal or abnormal."""
        if not connection.cause:
            return ""
        mark = "abnormal" if is_abnormal(connection.cause) else "normal"
        return format_html(
            '<span class="cause" data-end="{}">{}</span>', mark, cause_words(connection.cause).label
        )

    @admin.display(description=_("code"))
    def code(self, connection: Connection) -> int | None:
        """Return the close code."""
        return connection.close_code

    @admin.display(description=_("ended by"))
    def who(self, connection: Connection) -> str:
        """Return who ended the connection."""
        return timeline.ended_by(connection)

    @admin.display(description=_("open for"))
    def lasted(self, connection: Connection) -> str:
        """Return the time from the accept to the end, or until now if the connection is open."""
        return timeline.lasted(connection, timezone.now())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the connections with their processes and users.

        Users are fetched by a separate query, because they may be in another database.
        """
        return super().get_queryset(request).select_related("process").prefetch_related("user")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Connection | None = None,
    ) -> HttpResponse:
        """Add the explanation and the timeline of a connection to the page."""
        context |= page_context(obj) if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)


def page_context(connection: Connection) -> dict[str, Any]:
    """Return the template context of a connection's page."""
    latest = [displayed(report) for report in connection.reports.order_by("-at")[: REPORTS_SHOWN + 1]]
    sent = connection.sent_code
    reports, older = latest[:REPORTS_SHOWN], latest[REPORTS_SHOWN:]
    return {
        "title": _("Connection to %(path)s") % {"path": connection.path},
        "subtitle": None,
        "connection": connection,
        "lasted": timeline.lasted(connection, timezone.now()),
        "ended_by": timeline.ended_by(connection),
        "cause": cause_words(connection.cause) if connection.cause else None,
        "abnormal": bool(connection.cause) and is_abnormal(connection.cause),
        "sent": "" if sent is None else timeline.coded(sent, connection.sent_reason),
        "steps": timeline.build(connection, reversed(reports), successor_of(connection)),
        "reports_left_out": bool(older),
    }


def successor_of(connection: Connection) -> Connection | None:
    """Return the connection of the same tab that replaced this one."""
    if not connection.tab_id:
        return None
    same_tab = Connection.objects.filter(tab_id=connection.tab_id, previous_id=connection.id)
    return same_tab.order_by("opened_at").first()
