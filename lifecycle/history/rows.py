"""Reads connections that were accepted or that ended in a stretch of time, for the computation of rollups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, IntegerField, Min, Value, When
from django.db.models.functions import Coalesce, Greatest

from lifecycle.expressions import Seconds, undecoded
from lifecycle.history.traffic import is_internal
from lifecycle.models import Connection, UnstoredRefusals

#: Rows per fetch, so a long stretch does not have to fit into memory.
CHUNK = 2000
NO_CODE = -1
NO_PROCESS = UUID(int=0)


class Accept(NamedTuple):
    """An accepted connection. ``at`` and ``opened_at``, the time of the handshake, are Unix times."""

    at: float
    opened_at: float
    endpoint: str
    process_id: str | UUID | None
    replaced: str | UUID | None


class End(NamedTuple):
    """A connection that ended. ``active_at`` is the last time at which it sent or received anything."""

    at: float
    accepted_at: float | None
    active_at: float | None
    endpoint: str
    process_id: str | UUID | None
    cause: str
    code: int
    state: str


class Unstored(NamedTuple):
    """A number of refused handshakes without rows, in the minute that starts at ``at``."""

    at: int
    endpoint: str
    process_id: UUID
    cause: str
    number: int


ACCEPT = (
    Seconds("accepted_at"), Seconds("opened_at"), "endpoint", undecoded("process_id"), undecoded("previous_id"),
)  # fmt: skip
#: The last time of traffic: a column without a value counts as the time of the accept.
ACTIVE_AT = Greatest(
    Coalesce("last_received_at", "accepted_at"), Coalesce("last_sent_at", "accepted_at"), "accepted_at"
)
CODE = Coalesce(
    Case(
        When(state=Connection.State.REJECTED, then="sent_code"), default="close_code", output_field=IntegerField()
    ),
    Value(NO_CODE),
)
END = (
    Seconds("closed_at"), Seconds("accepted_at"), Seconds(ACTIVE_AT), "endpoint", undecoded("process_id"), "cause",
    CODE, "state",
)  # fmt: skip


def accepts(start: int, end: int) -> Iterator[Accept]:
    """Yield the connections that were accepted from ``start`` until ``end``, in any order."""
    rows = Connection.objects.filter(accepted_at__gte=moment(start), accepted_at__lt=moment(end))
    for row in rows.order_by().values_list(*ACCEPT).iterator(CHUNK):
        accept = Accept._make(row)
        if not is_internal(accept.endpoint):
            yield accept


def ends(start: int, end: int) -> Iterator[End]:
    """Yield the connections that ended from ``start`` until ``end``, in any order."""
    rows = Connection.objects.filter(closed_at__gte=moment(start), closed_at__lt=moment(end))
    for row in rows.order_by().values_list(*END).iterator(CHUNK):
        found = End._make(row)
        if found.accepted_at is None or not is_internal(found.endpoint):
            yield found


def unstored(start: int, end: int) -> Iterator[Unstored]:
    """Yield the refused handshakes without rows from ``start`` until ``end``."""
    rows = UnstoredRefusals.objects.filter(start__gte=start, start__lt=end)
    for row in rows.values_list("start", "endpoint", "process_id", "cause", "count"):
        yield Unstored._make(row)


def oldest() -> float | None:
    """Return the earliest time of an accept or an end in the rows, in Unix time; ``None`` if there is none."""
    # Separate queries, because SQLite uses an index only for a single minimum.
    accepted = Connection.objects.aggregate(at=Min("accepted_at"))["at"]
    closed = Connection.objects.aggregate(at=Min("closed_at"))["at"]
    refused = UnstoredRefusals.objects.aggregate(start=Min("start"))["start"]
    found = [at.timestamp() for at in (accepted, closed) if at] + [
        float(at) for at in (refused,) if at is not None
    ]
    return min(found, default=None)


def moment(time: float) -> datetime:
    """Return a Unix time as a datetime."""
    return datetime.fromtimestamp(time, UTC)
