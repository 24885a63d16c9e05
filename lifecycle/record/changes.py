"""Marks the minutes whose rows have changed, so that their rollups are computed again.

Code that changes ``accepted_at``, ``closed_at``, ``state`` or ``cause`` of a row marks the minutes of the old and
new times, in the same transaction. So does code that changes the number of refused handshakes without rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Max, Min, QuerySet

from lifecycle.batches import batched
from lifecycle.models import ChangedMinute, Connection
from lifecycle.record.events import (
    ACCEPT,
    END,
    ENDING,
    OPEN,
    OPENING,
    REFUSED,
    REFUSING,
    REPORT,
    RETURNED,
    Event,
)

MINUTE = 60
#: IDs per statement: databases limit the number of parameters.
IDS = 500
#: The positions of columns in an event, in which the kind comes first.
OPENED, ACCEPTED = (1 + OPENING.index(name) for name in ("opened_at", "accepted_at"))
CLOSED = 1 + ENDING.index("closed_at")
START = 1 + REFUSING.index("start")


def mark(writer: UUID, times: Iterable[float]) -> None:
    """Mark the minutes of some Unix times; ``writer`` is the process whose rows have changed."""
    minutes = sorted({int(time // MINUTE) * MINUTE for time in times})
    stamp = uuid4()
    ChangedMinute.objects.bulk_create(
        [ChangedMinute(start=minute, writer=writer, stamp=stamp) for minute in minutes],
        update_conflicts=True,
        unique_fields=["start", "writer"],
        update_fields=["stamp"],
    )


def mark_between(first: datetime, last: datetime) -> None:
    """Mark all minutes from the minute of ``first`` until the minute of ``last``.

    The marks get a writer of their own, so this never waits for another transaction.
    """
    mark(uuid4(), range(int(first.timestamp()) // MINUTE * MINUTE, int(last.timestamp()) + 1, MINUTE))


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
            self.minutes.update(int(at.timestamp()) // MINUTE * MINUTE for at in estimated_ends(batch))

    def noting(self, kind: str, events: Iterable[Event]) -> Iterator[Event]:
        """Yield events of one kind, and note the minutes that they change."""
        for event in events:
            self.minutes.update(int(time // MINUTE) * MINUTE for time in changed_times(kind, event, self.began))
            yield event

    def mark(self, writer: UUID) -> None:
        """Mark the minutes that were noted."""
        if self.minutes:
            mark(writer, self.minutes)


def estimated_ends(ids: list[str]) -> Iterator[datetime]:
    """Yield the ends of those of the given connections whose recorded end is an estimate.

    Raises ``ValueError`` for an ID that is not a UUID.
    """
    rows = Connection.objects.filter(id__in=map(UUID, ids), exact=False, closed_at__isnull=False)
    return (at for at in rows.order_by().values_list("closed_at", flat=True) if at)


def changed_times(kind: str, event: Event, began: float) -> Iterator[float]:
    """Yield the times of changes that an event makes to its row.

    A segment only has the latest event of each connection. So if a connection was accepted and ended in the same
    segment, its ``end`` event also says when it was accepted.
    """
    if kind == REPORT:
        yield from reconnect_times(event)
    elif kind == REFUSED:
        yield event[START]
    elif kind == END and event[CLOSED] is not None:
        yield event[CLOSED]
    if kind in (ACCEPT, RETURNED, END) and event[ACCEPTED] is not None and event[ACCEPTED] >= began - MINUTE:
        yield event[ACCEPTED]


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
