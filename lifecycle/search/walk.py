"""Reads connections in the order of their handshakes, a bounded number of rows at a time.

A walk reads the rows of an index in steps. A step covers a number of index entries, so its cost does not depend on
how many of them match. A walk that finds too little in its time says how far it got, and can be continued there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Expression, F, Q, QuerySet

from lifecycle.models import Connection
from lifecycle.search.expressions import unindexed

Rows = QuerySet[Connection]
#: Index entries in the first step and in the largest step. Steps grow while they are quick.
FIRST_STEP, LARGEST_STEP = 2_000, 32_000
QUICK_SECONDS = 0.02
#: A condition with at most this number of rows is read as a whole.
FEW = 2_000
LOWEST, HIGHEST = UUID(int=0), UUID(int=(1 << 128) - 1)
#: Columns as expressions that use no index. Conditions in ``Search.wanted`` use these names.
PLAIN = {f"plain_{name}": unindexed(name) for name in ("state", "client_ip", "tab_id")}


class Place(NamedTuple):
    """A position between connections, which are ordered by the time of the handshake and the ID."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Search:
    """Which connections are wanted, and the indexes that find them.

    ``wanted`` holds for all of ``rows`` that are wanted. ``along`` is a condition with an index that continues
    with ``opened_at``: a walk reads that index instead of the index of all handshakes. Each condition in ``few``
    has an index of its own, and may match few rows.
    """

    rows: Rows = field(default_factory=Connection.objects.all)
    wanted: Q = field(default_factory=Q)
    along: Q = field(default_factory=Q)
    few: tuple[Q, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def window(self) -> Q:
        """Return the condition for the time of the handshake."""
        since = Q(at__gte=self.since) if self.since else Q()
        return since & Q(at__lt=self.until) if self.until else since


@dataclass
class Found:
    """The result of a walk, in the order in which the rows were read.

    ``more`` says whether further rows are known to match. ``reached`` is the time up to which a walk got before
    its time was over, and ``None`` if it got to the end.
    """

    rows: list[Connection] = field(default_factory=list)
    more: bool = False
    reached: datetime | None = None


def beyond(place: Place | None, newer: bool = False) -> Q:
    """Return the condition for connections older or newer than a place."""
    if place is None:
        return Q()
    side = "gt" if newer else "lt"
    strictly = Q(**{f"at__{side}": place.at}) | Q(at=place.at, **{f"pk__{side}": place.id})
    return Q(**{f"at__{side}e": place.at}) & strictly


def narrowed(search: Search) -> tuple[Search, Expression | F]:
    """Return the search with its index, and the expression for the time of the handshake.

    If one of the conditions in ``few`` matches few rows, that is the index, and the time uses none.
    """
    for condition in search.few:
        if Connection.objects.filter(condition).order_by().values("pk")[: FEW + 1].count() <= FEW:
            return replace(search, along=condition), unindexed("opened_at")
    return search, F("opened_at")


def read(search: Search, limit: int, seconds: float, place: Place | None = None, newer: bool = False) -> Found:
    """Return at most ``limit`` connections beyond a place: older ones newest first, newer ones oldest first."""
    found = Found()
    order = ("at", "pk") if newer else ("-at", "-pk")
    for rows, reached in steps(search, seconds, place, newer):
        found.rows += rows.order_by(*order)[: limit + 1 - len(found.rows)]
        found.reached = reached
        if len(found.rows) > limit:
            return Found(found.rows[:limit], more=True)
    return found


def steps(
    search: Search, seconds: float, place: Place | None = None, newer: bool = False
) -> Iterator[tuple[Rows, datetime | None]]:
    """Yield the matching rows of each step, and the time that the step reaches; ``None`` if it is the last.

    Stops after a step if ``seconds`` are over.
    """
    deadline = time.monotonic() + seconds
    search, at = narrowed(search)
    entries, rows = (
        table.filter(search.along).alias(at=at, **PLAIN).filter(search.window())
        for table in (Connection.objects.all(), search.rows)
    )
    size = FIRST_STEP if isinstance(at, F) else None
    while True:
        began = time.monotonic()
        end = end_of_step(entries.filter(beyond_time(place, newer)), size, newer) if size else None
        step = rows.filter(search.wanted, beyond(place, newer))
        yield (step.filter(**{"at__lte" if newer else "at__gte": end}) if end else step), end
        now = time.monotonic()
        if end is None or now >= deadline:
            return
        place = Place(end, HIGHEST if newer else LOWEST)
        if size and now - began < QUICK_SECONDS:
            size = min(size * 2, LARGEST_STEP)


def beyond_time(place: Place | None, newer: bool) -> Q:
    """Return the condition for the times beyond a place. Without the ID, an index answers it alone."""
    if place is None:
        return Q()
    # After the end of a step, no row of that time is left.
    equal = "" if place.id in (LOWEST, HIGHEST) else "e"
    return Q(**{f"at__{'gt' if newer else 'lt'}{equal}": place.at})


def end_of_step(entries: Rows, size: int, newer: bool) -> datetime | None:
    """Return the time of the last index entry of a step; ``None`` if fewer entries are left."""
    times: Any = entries.order_by("at" if newer else "-at").values_list("opened_at", flat=True)[size : size + 1]
    return next(iter(times), None)
