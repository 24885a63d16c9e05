"""Reads everything about one connection: its row, reports and timeline, and its neighbours on the same page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from lifecycle.admin import timeline
from lifecycle.models import ClientReport, Connection

from .rows import read_one

REPORTS_SHOWN = 200
REPORT_COLUMNS = tuple(field.attname for field in ClientReport._meta.concrete_fields if field.name != "connection")


def read(key: UUID) -> dict[str, Any] | None:
    """Return the detail of a connection, or ``None`` if there is none."""
    connection = Connection.objects.filter(pk=key).first()
    if connection is None:
        return None
    latest = list(connection.reports.order_by("-at")[: REPORTS_SHOWN + 1])
    reports = latest[:REPORTS_SHOWN][::-1]
    after = successor(connection)
    replaced_by = after if after and after.previous_id == connection.id else None
    return {
        "connection": read_one(key),
        "reports": [{name: getattr(report, name) for name in REPORT_COLUMNS} for report in reports],
        "reports_left_out": len(latest) > REPORTS_SHOWN,
        "timeline": [asdict(step) for step in timeline.build(connection, reports, replaced_by)],
        "before": read_one(predecessor_id(connection)),
        "after": read_one(after.id if after else None),
    }


def predecessor_id(connection: Connection) -> UUID | None:
    """Return the ID of the connection that this one replaced, or else of the tab's latest one before it."""
    if connection.previous_id or not connection.tab_id:
        return connection.previous_id
    earlier = Connection.objects.filter(tab_id=connection.tab_id, opened_at__lt=connection.opened_at)
    return earlier.order_by("-opened_at").values_list("pk", flat=True).first()


def successor(connection: Connection) -> Connection | None:
    """Return the connection that replaced this one, or else the tab's next one."""
    if not connection.tab_id:
        return None
    same_tab = Connection.objects.filter(tab_id=connection.tab_id).order_by("opened_at")
    replacing = same_tab.filter(previous_id=connection.id).first()
    return replacing or same_tab.filter(opened_at__gt=connection.opened_at).first()
