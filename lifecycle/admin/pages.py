"""The admin's pages: connections, each with its life in words, and server processes. Nothing can be changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lifecycle import conf
from lifecycle.admin import timeline
from lifecycle.admin.filters import CauseFilter, CodeFilter, EndpointFilter, ProcessFilter, TimeFilter
from lifecycle.admin.paging import CappedPaginator
from lifecycle.admin.search import matches
from lifecycle.durations import in_words
from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import is_abnormal
from lifecycle.verdict.texts import cause_words

REPORTS_SHOWN = 200
#: Words of a search that count; databases limit how long a condition may be.
WORDS = 10


class RecordAdmin(admin.ModelAdmin):
    """What was recorded: to be read, not changed, and too much of it to be counted."""

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    change_list_template = "lifecycle/admin/list.html"

    class Media:
        """The look of these pages."""

        css = {"all": ("lifecycle/css/admin.css",)}  # noqa: RUF012 - as Django wants it

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody add a record by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let nobody change a record."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let nobody delete a record by hand."""
        return False


def to_the_second(at: datetime) -> SafeString:
    """Return a moment as lists show it, in the time zone of the reader."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S}")


@admin.register(Connection)
class ConnectionAdmin(RecordAdmin):
    """Connections, newest first."""

    change_form_template = "lifecycle/admin/connection.html"
    list_display = ("time", "endpoint", "state", "why", "code", "who", "lasted", "user", "client_ip")
    list_filter = (TimeFilter, "state", CauseFilter, EndpointFilter, ProcessFilter, CodeFilter)
    list_select_related = ("process",)
    fields = tuple(field.name for field in Connection._meta.concrete_fields)
    ordering = ("-opened_at",)
    sortable_by = ("time",)
    search_fields = ("endpoint",)
    search_help_text = _("An id or its beginning, endpoint, path, user name, address or tab.")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the connections that have to do with every word; none comes twice."""
        for word in search_term.split()[:WORDS]:
            queryset = queryset.filter(matches(word))
        return queryset, False

    @admin.display(description=_("handshake"), ordering="opened_at")
    def time(self, connection: Connection) -> str:
        """Return the moment of the handshake."""
        return to_the_second(connection.opened_at)

    @admin.display(description=_("cause"))
    def why(self, connection: Connection) -> str:
        """Return the cause in words, marked where it is abnormal."""
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
        """Return for how long the connection was open, or has been."""
        return timeline.lasted(connection, timezone.now())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the connections with their processes, and with their users, who may be in another database."""
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
        """Show a connection's life in words before its columns."""
        context |= life(obj) if obj else {}
        return super().render_change_form(request, context, add, change, form_url, obj)


def life(connection: Connection) -> dict[str, Any]:
    """Return what the page of a connection tells."""
    latest = list(connection.reports.order_by("-at")[: REPORTS_SHOWN + 1])
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
    """Return the connection that replaced this one; only the same tab can have opened it."""
    if not connection.tab_id:
        return None
    same_tab = Connection.objects.filter(tab_id=connection.tab_id, previous_id=connection.id)
    return same_tab.order_by("opened_at").first()


@admin.register(ServerProcess)
class ServerProcessAdmin(RecordAdmin):
    """Server processes, newest first."""

    change_form_template = "lifecycle/admin/process.html"
    list_display = ("name", "state", "started", "lasted", "heard", "server", "release")
    list_filter = ("end", "started_at")
    ordering = ("-started_at",)
    sortable_by = ("started",)
    search_fields = ("host__icontains", "release__icontains", "pid__exact")
    search_help_text = _("Host, process id or release.")

    @admin.display(description=_("process"))
    def name(self, process: ServerProcess) -> str:
        """Return host and process id."""
        return str(process)

    @admin.display(description=_("state"))
    def state(self, process: ServerProcess) -> str:
        """Return whether the process runs, and how it ended."""
        lease = timedelta(seconds=conf.get("LEASE_SECONDS"))
        if not process.ended_at and process.heartbeat_at < timezone.now() - lease:
            return str(_("silent"))
        return process.get_end_display()

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, process: ServerProcess) -> str:
        """Return the moment of the start."""
        return to_the_second(process.started_at)

    @admin.display(description=_("last heartbeat"))
    def heard(self, process: ServerProcess) -> str:
        """Return how long ago the process was heard of; its end says more, once there is one."""
        if process.ended_at:
            return ""
        ago = in_words((timezone.now() - process.heartbeat_at).total_seconds())
        return _("%(duration)s ago") % {"duration": ago}

    @admin.display(description=_("up for"))
    def lasted(self, process: ServerProcess) -> str:
        """Return for how long the process ran, or has run."""
        return in_words(((process.ended_at or timezone.now()) - process.started_at).total_seconds())
