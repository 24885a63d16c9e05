"""The filters of the admin's list of connections. No filter reads the whole table to find its choices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import NORMAL_CAUSES, Cause
from lifecycle.verdict.code_texts import MEANINGS
from lifecycle.verdict.texts import cause_words, code_words

ENDPOINTS_SHOWN = 50
PROCESSES_SHOWN = 20
#: The number of latest ends in which the filter looks for close codes that have no name.
ENDS_SAMPLED = 10_000

Choices = list[tuple[str, Any]]
Rows = QuerySet[Connection]


class ConnectionFilter(SimpleListFilter):
    """A filter on one column; an invalid value redirects to the unfiltered list."""

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the rows that have the value in the URL, or all rows if the URL has no value."""
        value = self.value()
        if value is None:
            return queryset
        try:
            return self.matching(queryset, value)
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters from error

    def matching(self, queryset: Rows, value: str) -> Rows:
        """Return the rows with a value; raises ``ValueError`` or ``ValidationError`` if the value is invalid."""
        return queryset.filter(**{self.parameter_name or "": value})


class TimeFilter(ConnectionFilter):
    """Filters by the time of the handshake."""

    title = _("handshake time")
    parameter_name = "within"
    spans = (
        ("15m", _("last 15 minutes"), timedelta(minutes=15)),
        ("1h", _("last hour"), timedelta(hours=1)),
        ("6h", _("last 6 hours"), timedelta(hours=6)),
        ("24h", _("last 24 hours"), timedelta(hours=24)),
        ("7d", _("last 7 days"), timedelta(days=7)),
    )

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        """Return the time spans."""
        return [(key, label) for key, label, _span in self.spans]

    def matching(self, queryset: Rows, value: str) -> Rows:
        """Return the rows of the chosen time span, which ends now."""
        for key, _label, span in self.spans:
            if key == value:
                return queryset.filter(opened_at__gte=timezone.now() - span)
        raise ValueError(value)


class CauseFilter(ConnectionFilter):
    """Filters by the cause of the end, or by all abnormal causes."""

    title = _("cause")
    parameter_name = "cause"
    ABNORMAL = "abnormal"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        """Return a choice for all abnormal causes, followed by each cause with its label."""
        return [
            (self.ABNORMAL, _("any abnormal cause")),
            *((cause.value, cause_words(cause).label) for cause in Cause),
        ]

    def matching(self, queryset: Rows, value: str) -> Rows:
        """Return the rows with the chosen cause, or with any abnormal cause."""
        if value == self.ABNORMAL:
            # Causes that only a newer release knows count as abnormal. Open connections have no cause.
            return queryset.exclude(cause__in=["", *NORMAL_CAUSES])
        return super().matching(queryset, value)


class CodeFilter(ConnectionFilter):
    """Filters by close code; the choices are the codes that have names and the codes of recent ends."""

    title = _("close code")
    parameter_name = "close_code"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        """Return the close codes with their names."""
        codes = sorted({*MEANINGS, *recent_codes()})
        return [
            (str(code), f"{code} {code_words(code).name}" if code in MEANINGS else str(code)) for code in codes
        ]

    def matching(self, queryset: Rows, value: str) -> Rows:
        """Return the connections with this close code, and the handshakes that the application refused with it."""
        refused = Q(state=Connection.State.REJECTED, sent_code=value)
        return queryset.filter(Q(close_code=value) | refused)


class EndpointFilter(ConnectionFilter):
    """Filters by endpoint."""

    title = _("endpoint")
    parameter_name = "endpoint"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        """Return at most ``ENDPOINTS_SHOWN`` endpoints; the search finds the others."""
        return [(endpoint, endpoint) for endpoint in known_endpoints(ENDPOINTS_SHOWN)]


class ProcessFilter(ConnectionFilter):
    """Filters by server process. The choices are the latest processes; the URL accepts the ID of any process."""

    title = _("process")
    parameter_name = "process"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        """Return the latest processes."""
        latest = ServerProcess.objects.order_by("-started_at")[:PROCESSES_SHOWN]
        return [(str(process.pk), str(process)) for process in latest]


def known_endpoints(limit: int) -> list[str]:
    """Return at most ``limit`` recorded endpoints, sorted.

    Finds each endpoint by one index lookup (a loose index scan), however many connections the endpoint has.
    """
    found: set[str] = set()
    for state in Connection.State:
        rows = Connection.objects.filter(state=state).order_by("endpoint").values_list("endpoint", flat=True)
        endpoint = rows.first()
        while endpoint is not None and len(found) < limit:
            found.add(endpoint)
            endpoint = rows.filter(endpoint__gt=endpoint).first()
    return sorted(found)


def recent_codes() -> set[int]:
    """Return the close codes of the latest ends; an index contains them, so no row is read."""
    ends = Connection.objects.filter(closed_at__isnull=False).order_by("-closed_at")
    codes = ends.values_list("close_code", flat=True)[:ENDS_SAMPLED]
    return {code for code in codes if code is not None}
