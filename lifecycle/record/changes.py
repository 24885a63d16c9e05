"""Marks the minutes whose rows have changed, so that their rollups are computed again.

Code that changes ``accepted_at``, ``closed_at``, ``state`` or ``cause`` of a row marks the minutes of the old and
new times, in the same transaction. So does code that changes the number of refused handshakes without rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Max, Min, QuerySet
from django.db.models.constants import OnConflict

from lifecycle.batches import batched
from lifecycle.conversions import without_hyphens
from lifecycle.database import record_database
from lifecycle.models import ChangedMinute, Connection, ServerProcess
from lifecycle.record.events import ACCEPT, END, ENDING, OPEN, OPENING, REFUSED, REFUSING, REPORT, Event

MINUTE = 60
#: IDs per statement: databases limit the number of parameters.
IDS = 500
#: The positions of columns in an event, in which the kind comes first.
OPENED, ACCEPTED = (1 + OPENING.index(name) for name in ("opened_at", "accepted_at"))
CLOSED = 1 + ENDING.index("closed_at")
START = 1 + REFUSING.index("start")


def mark(writer: UUID, minutes: Iterable[int]) -> None:
    """Mark minutes, given by their starts; ``writer`` is the process whose rows have changed."""
    database = connections[record_database()]
    id_of = str if database.features.has_native_uuid_field else without_hyphens
    stamp = id_of(uuid4())
    with database.cursor() as cursor:
        cursor.executemany(statement(database), [(minute, id_of(writer), stamp) for minute in sorted(minutes)])


def statement(database: BaseDatabaseWrapper) -> str:
    """Return the SQL that inserts or renews a mark. The ORM would take ten times as long for a single row."""
    fields = ChangedMinute._meta.concrete_fields
    suffix = database.ops.on_conflict_suffix_sql(fields, OnConflict.UPDATE, ["stamp"], ["start", "writer"])
    return f"INSERT INTO {ChangedMinute._meta.db_table} (start, writer, stamp) VALUES (%s, %s, %s) {suffix}"  # noqa: S608 - own names only


def mark_between(first: datetime, last: datetime) -> None:
    """Mark all minutes from the minute of ``first`` until the minute of ``last``.

    The marks get a writer of their own, so this never waits for another transaction.
    """
    mark(uuid4(), range(minute_of(first.timestamp()), int(last.timestamp()) + 1, MINUTE))


def mark_ends(rows: QuerySet[Connection]) -> None:
    """Mark the minutes in which the given connections ended; call this before and after their ends are changed."""
    if between := ends_between(rows):
        mark_between(*between)


def ends_between(rows: QuerySet[Connection]) -> tuple[datetime, datetime] | None:
    """Return the first and the last time at which the given connections ended; ``None`` if none has ended."""
    found = rows.order_by().aggregate(first=Min("closed_at"), last=Max("closed_at"))
    return (found["first"], found["last"]) if found["first"] else None


class Changes:
    """Collects the minutes that the events of a segment change, while they are written."""

    def __init__(self, began: float) -> None:
        """Set the time of the first event of the segment."""
        self.began = began
        self.minutes: set[int] = set()

    def note_estimates(self, ids: Iterable[str]) -> None:
        """Note the minutes of the estimated ends of these connections, which are about to change."""
        for batch in batched(ids, IDS):
            self.minutes.update(minute_of(at.timestamp()) for at in estimated_ends(batch))

    def noting(self, kind: str, events: Iterable[Event]) -> Iterable[Event]:
        """Return events of one kind; as they are read, the minutes that they change are noted."""
        if kind == OPEN:
            return events
        if kind == REPORT:
            return self.noting_reports(events)
        if kind == REFUSED:
            return self.noting_refusals(events)
        return self.noting_times(events, kind == END)

    def noting_times(self, events: Iterable[Event], has_end: bool) -> Iterator[Event]:
        """Yield events, and note the minutes of their accepts and ends.

        A segment only has the latest event of each connection. So if a connection was accepted and ended in the
        same segment, its ``end`` event also says when it was accepted.
        """
        add, began = self.minutes.add, self.began - MINUTE
        for event in events:
            accepted_at = event[ACCEPTED]
            if accepted_at is not None and accepted_at >= began:
                add(minute_of(accepted_at))
            if has_end and event[CLOSED] is not None:
                add(minute_of(event[CLOSED]))
            yield event

    def noting_reports(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield reports, and note when the connections that replaced another one may have been accepted."""
        for event in events:
            self.minutes.update(map(minute_of, reconnect_times(event)))
            yield event

    def noting_refusals(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield counts of refused handshakes without rows, and note their minutes."""
        for event in events:
            self.minutes.add(minute_of(event[START]))
            yield event

    def mark(self, writer: UUID) -> None:
        """Mark the minutes that were noted."""
        if self.minutes:
            mark(writer, self.minutes)


def minute_of(time: float) -> int:
    """Return the start of the minute that contains a Unix time."""
    return int(time // MINUTE) * MINUTE


def has_estimates(process_id: UUID) -> bool:
    """Return whether a process may have connections whose recorded ends are estimates."""
    database = connections[record_database()]
    key = process_id if database.features.has_native_uuid_field else without_hyphens(process_id)
    with database.cursor() as cursor:
        # The ORM would take most of the time of a small batch.
        cursor.execute(f"SELECT has_estimates FROM {ServerProcess._meta.db_table} WHERE id = %s", [key])  # noqa: S608
        row = cursor.fetchone()
    return bool(row and row[0])


def estimated_ends(ids: list[str]) -> Iterator[datetime]:
    """Yield the ends of those of the given connections whose recorded end is an estimate.

    Raises ``ValueError`` for an ID that is not a UUID.
    """
    rows = Connection.objects.filter(id__in=map(UUID, ids), exact=False, closed_at__isnull=False)
    return (at for at in rows.order_by().values_list("closed_at", flat=True) if at)


def reconnect_times(report: Event) -> Iterator[float]:
    """Yield the possible times at which the connection of a report was accepted, if it replaced another one.

    The report itself does not say it. The ID of the connection begins with the time of its handshake.
    """
    columns = report[2]
    if columns.get("previous_id"):
        opened = (UUID(columns["connection_id"]).int >> 80) / 1000
        yield opened
        yield opened + MINUTE


def own_time(event: Event) -> float:
    """Return the time at which an event happened, in Unix time; ``0.0`` if it is not known."""
    if event[0] == REPORT:
        return float(event[2].get("at") or 0.0)
    positions = {OPEN: OPENED, ACCEPT: ACCEPTED, END: CLOSED, REFUSED: START}
    return float(event[positions[event[0]]] or 0.0) if event[0] in positions else 0.0
