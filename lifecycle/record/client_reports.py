"""Writes the reports of client pages to the database, and updates the connections that they describe."""

from __future__ import annotations

from operator import itemgetter

from lifecycle.models import ClientReport, Connection
from lifecycle.record.upsert import Row, update, upsert

#: The columns that a repeated report updates: only its ID, which is the same, so nothing changes.
REPORT_COLUMNS = ("id",)
#: The values of columns that a report does not contain; reports of different kinds have different columns.
REPORT_DEFAULTS = {field.attname: field.get_default() for field in ClientReport._meta.concrete_fields}
#: The client reports these on its next connection, so the connection's own events never overwrite them.
CLIENT_COLUMNS = ("client_close_code", "client_was_clean", "client_offline_ms")


def save_reports(reports: list[Row]) -> None:
    """Write reports, and update the connections that they describe, using three statements in total."""
    complete = [{**REPORT_DEFAULTS, **report} for report in reports]
    upsert(ClientReport, tuple(REPORT_DEFAULTS), map(itemgetter(*REPORT_DEFAULTS), complete), REPORT_COLUMNS)
    hellos = [report for report in reports if report["kind"] == "hello"]
    update(Connection, map(own_tab, hellos), ("tab_id", "previous_id"), ("id",))
    ends = [previous_end(hello) for hello in hellos if hello.get("previous_id")]
    # Only the first report counts, and only from the tab that the connection belonged to.
    update(Connection, ends, CLIENT_COLUMNS, ("id", "tab_id"), unset="client_was_clean")


def own_tab(hello: Row) -> Row:
    """Return the columns to update in the connection over which the page sent this hello."""
    return {
        "id": hello["connection_id"],
        "tab_id": hello["tab_id"],
        "previous_id": hello.get("previous_id"),
    }


def previous_end(hello: Row) -> Row:
    """Return the columns to update in the page's previous connection: its end as the client saw it."""
    return {
        "id": hello["previous_id"],
        "tab_id": hello["tab_id"],
        "client_close_code": hello["previous_code"],
        "client_was_clean": hello["previous_clean"],
        "client_offline_ms": hello["offline_ms"],
    }
