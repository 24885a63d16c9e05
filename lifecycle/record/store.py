"""Writes the events of a segment to the database in transactions. Writing them again changes nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from django.db import DatabaseError, DataError, IntegrityError, connections, transaction

from lifecycle.database import record_database
from lifecycle.models import Connection, UnstoredRefusals
from lifecycle.record.changes import Changes, has_estimates, own_time
from lifecycle.record.client_reports import CLIENT_COLUMNS, save_reports
from lifecycle.record.events import (
    ACCEPT,
    COLUMNS,
    END,
    OPEN,
    REFUSED,
    REPORT,
    RETURNED,
    Event,
    columns_of,
    end_event,
    opening_event,
    refused_event,
    report_event,
)
from lifecycle.record.folders import pieces
from lifecycle.record.lines import decode_all, decode_lines, id_of, is_event, latest_by_kind, latest_lines
from lifecycle.record.upsert import raise_counts, upsert
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts

T = TypeVar("T")
logger = logging.getLogger("lifecycle")
#: The thread that holds this lock writes events.
TURN = threading.Lock()
TURN_SECONDS = 2.0

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
#: Errors that mean the database will never accept a row, if it accepts other rows of the same kind. Any other
#: error is an outage, and the write is retried.
REFUSALS = (DataError, IntegrityError, ValueError, TypeError, KeyError, OverflowError)


class EveryRowRefused(DatabaseError):
    """The database refuses even a valid row: its tables do not fit this release."""


def write_segment(path: Path, progress: Callable[[], object] = int) -> int:
    """Write a sealed segment; return the number of its events that were damaged, or refused by the database.

    ``progress`` is called whenever a part has been read or written, so that a caller can tell a long segment from
    a database that hangs. Raises ``DatabaseError`` in an outage; the segment can then be written again.
    """
    return sum(write_piece(path, data, progress) for data in telling(pieces(path), progress))


def telling(items: Iterable[T], progress: Callable[[], object]) -> Iterator[T]:
    """Yield items, and call ``progress`` before each."""
    for item in items:
        progress()
        yield item


def write_piece(path: Path, data: bytes, progress: Callable[[], object]) -> int:
    """Write some lines of a segment in one transaction; return the number of events that are lost."""
    lines, damaged = latest_lines(data)
    writer = owner_of(path)
    if damaged:
        logger.error("Skipped %d damaged events in the spool segment %s", damaged, path.name)
    try:
        events = {kind: decode_lines(bodies) for kind, bodies in lines.items()}
        write(events, began(data), writer, ids_of_updates(lines) if has_estimates(writer) else ())
    except REFUSALS:
        return save_one_by_one(telling(decode_all(data), progress))
    return damaged


def owner_of(path: Path) -> UUID:
    """Return the ID of the process that wrote a segment: the name of its folder."""
    try:
        return UUID(path.parent.name)
    except ValueError:
        return uuid5(NAMESPACE_OID, path.parent.name)


def ids_of_updates(lines: Mapping[str, Iterable[bytes]]) -> Iterator[str]:
    """Yield the IDs in the lines of all kinds of events that change more than they insert."""
    return (id_of(body) for kind in (ACCEPT, RETURNED, END) for body in lines.get(kind, ()))


def began(data: bytes) -> float:
    """Return the time of the first event of a segment, in Unix time; ``0.0`` if it is damaged."""
    first = next(decode_all(data), None)
    return own_time(first) if first is not None and is_event(first) else 0.0


def save(events: Iterable[Event]) -> None:
    """Write events in one transaction; their order does not matter."""
    in_order = sorted(events, key=number_in)
    latest = latest_by_kind((event[0], event[1], event) for event in in_order)
    ids = (str(event[1]) for kind in (ACCEPT, RETURNED, END) for event in latest.get(kind, ()))
    write(latest, 0.0, uuid4(), ids)


def number_in(event: Event) -> int:
    """Return the number in an event of the kind ``refused``, of which the highest counts; 0 for other events."""
    return int(event[-1]) if event[0] == REFUSED else 0


def write(events: Mapping[str, Iterable[Event]], began: float, writer: UUID, updates: Iterable[str]) -> None:
    """Write events, grouped by kind, in one transaction, and mark the minutes that they change.

    Rows are upserted, because a segment may be written a second time after a crash. ``began`` is the time of the
    first event, ``writer`` the process to which the segment belongs, and ``updates`` the IDs of the connections
    whose rows may have an estimated end that now changes.
    """
    alias = record_database()
    keep_undo_in_memory(alias)
    changes = Changes(began)
    with taking_turns(), transaction.atomic(using=alias):
        changes.note_estimates(updates)
        for kind, changed in UPDATES.items():
            if kind in events:
                noted = changes.noting(kind, events[kind])
                upsert(Connection, COLUMNS[kind], values_of(noted), changed)
        if REPORT in events:
            save_reports([columns_of(report) for report in changes.noting(REPORT, events[REPORT])])
        if REFUSED in events:
            rows = [columns_of(refusals) for refusals in changes.noting(REFUSED, events[REFUSED])]
            raise_counts(UnstoredRefusals, rows, "count")
        changes.mark(writer)


@contextmanager
def taking_turns() -> Iterator[None]:
    """Wait until no other thread writes events, for at most ``TURN_SECONDS``.

    The writer and the adoption may change the same rows in another order, because a page reports the end of its
    previous connection, so their transactions could wait for each other. If one of them hangs, the other goes on.
    """
    acquired = TURN.acquire(timeout=TURN_SECONDS)
    try:
        yield
    finally:
        if acquired:
            TURN.release()


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
    """Write one event; return whether the database accepted it.

    Raises ``EveryRowRefused`` if the database refuses even a valid event of this kind.
    """
    try:
        save([event])
    except REFUSALS as error:
        check_plain_row(event[0])
        logger.error("The database refused an event of connection %s: %s", event[1], error)
        return False
    return True


def check_plain_row(kind: str) -> None:
    """Write a valid event of this kind and roll it back; raises ``EveryRowRefused`` if the database refuses it.

    For example, a migration of a later release may have added a column that is not null and has no default.
    """
    alias = record_database()
    try:
        with transaction.atomic(using=alias):
            save([plain_event(kind)])
            transaction.set_rollback(True, using=alias)
    except REFUSALS as error:
        raise EveryRowRefused(f"the tables do not fit this release: {error}") from error


def plain_event(kind: str) -> Event:
    """Return a valid event of this kind, of a connection that never existed."""
    facts, no_process = Facts(), str(UUID(int=0))
    if kind == REPORT:
        return report_event(facts, "status", time.time())
    if kind == END:
        return end_event(facts, Verdict(Cause.UNKNOWN, None), no_process)
    if kind == REFUSED:
        return refused_event(no_process, 0, "", "", 0, 0)
    return opening_event(kind, facts, no_process)
