"""Writes the events of a segment to the database in one transaction. Writing them again changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.db import DataError, IntegrityError, connections, transaction

from lifecycle.database import record_database
from lifecycle.models import Connection
from lifecycle.record.client_reports import CLIENT_COLUMNS, save_reports
from lifecycle.record.events import ACCEPT, COLUMNS, END, OPEN, REPORT, RETURNED, Event, columns_of
from lifecycle.record.lines import decode_all, decode_lines, is_event, latest_by_kind, latest_lines
from lifecycle.record.upsert import upsert

logger = logging.getLogger("lifecycle")

#: The columns that an event updates if its connection already has a row. An ``open`` event only sets the ID again,
#: because every row already contains the columns of that event.
UPDATES = {
    OPEN: ("id",),
    ACCEPT: ("endpoint", "user_id", "subprotocol", "accepted_at"),
    RETURNED: ("endpoint", "user_id", "subprotocol", "accepted_at", "application_ended_at"),
    END: tuple(
        field.attname
        for field in Connection._meta.concrete_fields
        if not field.primary_key and field.attname not in CLIENT_COLUMNS
    ),
}
#: Errors that mean the database will never accept a row. Any other error is an outage, and the write is retried.
REFUSALS = (DataError, IntegrityError, ValueError, TypeError, KeyError, OverflowError)


def write_segment(path: Path) -> int:
    """Write a sealed segment; return the number of its events that were damaged, or refused by the database.

    Raises ``DatabaseError`` in an outage; the segment can then be written again.
    """
    data = path.read_bytes()
    lines, damaged = latest_lines(data)
    if damaged:
        logger.error("Skipped %d damaged events in the spool segment %s", damaged, path.name)
    try:
        write({kind: decode_lines(bodies) for kind, bodies in lines.items()})
    except REFUSALS:
        return save_one_by_one(decode_all(data))
    return damaged


def save(events: Iterable[Event]) -> None:
    """Write events in one transaction; their order does not matter."""
    write(latest_by_kind((event[0], event[1], event) for event in events))


def write(events: Mapping[str, Iterable[Event]]) -> None:
    """Write events, grouped by kind, in one transaction.

    Rows are upserted, because a segment may be written a second time after a crash.
    """
    alias = record_database()
    keep_undo_in_memory(alias)
    with transaction.atomic(using=alias):
        for kind, changed in UPDATES.items():
            if kind in events:
                upsert(Connection, COLUMNS[kind], values_of(events[kind]), changed)
        if REPORT in events:
            save_reports([columns_of(report) for report in events[REPORT]])


def values_of(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the values of events, without their kinds."""
    return (event[1:] for event in events)


def keep_undo_in_memory(alias: str) -> None:
    """Make SQLite keep its statement journal in memory.

    The journal contains copies of the pages that a statement changes. A journal on disk would account for
    three quarters of the bytes written for a batch. This setting cannot be changed within a transaction.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA temp_store = MEMORY")


def save_one_by_one(events: Iterable[Event | None]) -> int:
    """Write each event in its own transaction, so an invalid event does not affect the others.

    Return the number of events that could not be written.
    """
    damaged = malformed = refused = 0
    for event in events:
        if event is None:
            damaged += 1
        elif not is_event(event):
            malformed += 1
        else:
            refused += not save_one(event)
    if malformed:
        logger.error("Skipped %d events of an unknown format", malformed)
    return damaged + malformed + refused


def save_one(event: Event) -> bool:
    """Write one event; return whether the database accepted it."""
    try:
        save([event])
    except REFUSALS as error:
        logger.error("The database refused an event of connection %s: %s", event[1], error)
        return False
    return True
