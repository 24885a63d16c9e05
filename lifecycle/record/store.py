"""Writes the events of a segment into the database: one transaction, and the same rows however often."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path

from django.db import DataError, IntegrityError, connections, transaction

from lifecycle.database import record_database
from lifecycle.models import ClientReport, Connection
from lifecycle.record.events import ACCEPT, COLUMNS, END, OPEN, REPORT, Event, columns_of
from lifecycle.record.lines import decode_all, decode_lines, is_event, latest_by_kind, latest_lines
from lifecycle.record.upsert import Row, update, upsert

logger = logging.getLogger("lifecycle")

#: A report is written once; kinds of reports say different things.
REPORT_COLUMNS = ("id",)
REPORT_DEFAULTS = {one.attname: one.get_default() for one in ClientReport._meta.concrete_fields}
#: Told by the client's next connection, and therefore never overwritten by the row's own events.
CLIENT_COLUMNS = ("client_close_code", "client_was_clean", "client_offline_ms")
#: What an event of a kind changes where its connection has a row; a handshake's nothing, since the row knows more.
UPDATES = {
    OPEN: ("id",),
    ACCEPT: ("endpoint", "user_id", "subprotocol", "accepted_at"),
    END: tuple(
        one.attname
        for one in Connection._meta.concrete_fields
        if not one.primary_key and one.attname not in CLIENT_COLUMNS
    ),
}
#: What a database says of a row that it will never take; anything else is an outage, and is tried again.
REFUSALS = (DataError, IntegrityError, ValueError, TypeError, KeyError, OverflowError)


def write_segment(path: Path) -> int:
    """Write a sealed segment and return how many of its events no database will ever take.

    Any ``DatabaseError`` that may pass is raised, and leaves nothing written.
    """
    data = path.read_bytes()
    lines, damaged = latest_lines(data)
    if damaged:
        logger.error("%d damaged events in the spool segment %s were passed over", damaged, path.name)
    try:
        write({kind: decode_lines(bodies) for kind, bodies in lines.items()})
    except REFUSALS:
        return save_one_by_one(decode_all(data))
    return damaged


def save(events: Iterable[Event]) -> None:
    """Write events in one transaction, in whatever order they come."""
    write(latest_by_kind((event[0], event[1], event) for event in events))


def write(events: Mapping[str, Iterable[Event]]) -> None:
    """Write events by kind in one transaction; each part is an upsert, since a crash may have it written twice."""
    alias = record_database()
    keep_undo_in_memory(alias)
    with transaction.atomic(using=alias):
        for kind, changed in UPDATES.items():
            if kind in events:
                upsert(Connection, COLUMNS[kind], values_of(events[kind]), changed)
        if REPORT in events:
            save_reports([columns_of(report) for report in events[REPORT]])


def values_of(events: Iterable[Event]) -> Iterator[Event]:
    """Return the values of events without their kinds."""
    return (event[1:] for event in events)


def keep_undo_in_memory(alias: str) -> None:
    """Have SQLite keep in memory what it would undo a statement with: a copy of each page that one changes.

    As a file they are three of four writes of a batch. Within a transaction it cannot be changed any more.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA temp_store = MEMORY")


def save_one_by_one(events: Iterable[Event | None]) -> int:
    """Write each event by itself, so that a bad one takes no other with it; return how many are lost."""
    damaged = strange = refused = 0
    for event in events:
        if event is None:
            damaged += 1
        elif not is_event(event):
            strange += 1
        else:
            refused += not is_taken(event)
    if strange:
        logger.error("%d events of another form were passed over", strange)
    return damaged + strange + refused


def is_taken(event: Event) -> bool:
    """Write one event, and tell whether the database took it."""
    try:
        save([event])
    except REFUSALS as error:
        logger.error("The database refused an event of connection %s: %s", event[1], error)
        return False
    return True


def save_reports(reports: list[Row]) -> None:
    """Write what client pages said, and put it to the connections it speaks of: three statements, however many."""
    whole = [{**REPORT_DEFAULTS, **report} for report in reports]
    upsert(ClientReport, tuple(REPORT_DEFAULTS), map(itemgetter(*REPORT_DEFAULTS), whole), REPORT_COLUMNS)
    hellos = [report for report in reports if report["kind"] == "hello"]
    update(Connection, map(own_tab, hellos), ("tab_id", "previous_id"), ("id",))
    told = [previous_end(hello) for hello in hellos if hello.get("previous_id")]
    # Where the same tab speaks of its own connection, for the first time.
    update(Connection, told, CLIENT_COLUMNS, ("id", "tab_id"), unset="client_was_clean")


def own_tab(hello: Row) -> Row:
    """Return the tab of the connection on which a page says hello."""
    return {
        "id": hello["connection_id"],
        "tab_id": hello["tab_id"],
        "previous_id": hello.get("previous_id"),
    }


def previous_end(hello: Row) -> Row:
    """Return the client's side of the end of the connection that a page had before."""
    return {
        "id": hello["previous_id"],
        "tab_id": hello["tab_id"],
        "client_close_code": hello["previous_code"],
        "client_was_clean": hello["previous_clean"],
        "client_offline_ms": hello["offline_ms"],
    }
