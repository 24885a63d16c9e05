"""Reads the history of a window: from rollups where they exist, and from rows for the rest.

The cost depends on the length of the window and on the number of endpoints, causes and processes, but not on the
number of connections, except for the last minutes, which are read from rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db.models import Count, F, Model, QuerySet, Sum

from lifecycle.expressions import Epoch
from lifecycle.history import rows
from lifecycle.history.marginals import ALL, by_minute
from lifecycle.history.measures import MEASURES, Measures
from lifecycle.history.periods import DAY, MINUTE, ROWS, Stretch, cover
from lifecycle.history.traffic import traffic
from lifecycle.history.windows import Window
from lifecycle.models import Connection, EndpointRollup, Ends, ProcessRollup, Rollup, RollupProgress

#: What the connections of a period can be grouped by.
Dimension = Literal["endpoint", "process_id"]
TABLES: dict[Dimension, type[EndpointRollup] | type[ProcessRollup]] = {
    "endpoint": EndpointRollup,
    "process_id": ProcessRollup,
}


class Change(NamedTuple):
    """The number of connections of an endpoint or process that were accepted and that ended in a bucket."""

    slot: int
    key: Any
    opened: int
    closed: int
    refused: int


class EndCount(NamedTuple):
    """The number of connections that ended in a bucket with the same cause, code and state."""

    slot: int
    cause: str
    code: int
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads windows; ``since`` and ``until`` are the times between which rollups exist."""

    since: int
    until: int
    now: float

    @classmethod
    def at(cls, now: float) -> Reader:
        """Return a reader with the current progress of the rollups."""
        progress = RollupProgress.objects.filter(id=1).first()
        return cls(progress.since, progress.until, now) if progress else cls(0, 0, now)

    def cover(self, window: Window, longest: int) -> Iterator[Stretch]:
        """Yield the stretches of a window; see ``periods.cover``.

        Before ``since``, nothing is known or rollups have not been built yet; reading these rows could take long.
        """
        start = max(window.start, self.since) if self.until else window.start
        return cover(start, max(start, window.end), self.since, self.until, longest)

    def changes(self, window: Window, dimension: Dimension) -> Iterator[Change]:
        """Yield the changes in each bucket of a window, by endpoint or by process."""
        for stretch in self.cover(window, window.bucket):
            if stretch.step == ROWS:
                yield from self.changes_from_rows(window, stretch, dimension)
            else:
                sums = {f"all_{name}": Sum(name) for name in ("opened", "closed", "refused")}
                found = rolled(TABLES[dimension], window, stretch).values_list("slot", dimension).annotate(**sums)
                yield from (Change(int(slot), *rest) for slot, *rest in found)

    def changes_from_rows(self, window: Window, stretch: Stretch, dimension: Dimension) -> Iterator[Change]:
        """Yield the changes in a stretch without rollups."""
        for slot, key, opened, _ in self.counted(window, stretch, "accepted_at", dimension):
            yield Change(slot, key, opened, 0, 0)
        for slot, key, ended, closed in self.counted(window, stretch, "closed_at", dimension):
            yield Change(slot, key, 0, closed, ended - closed)
        for refusals in rows.unstored(stretch.start, stretch.end):
            yield Change(window.slot(refusals.at), getattr(refusals, dimension), 0, 0, refusals.number)

    def ends(self, window: Window) -> Iterator[EndCount]:
        """Yield the number of ends in each bucket of a window, by cause, code and state."""
        for stretch in self.cover(window, window.bucket):
            if stretch.step == ROWS:
                yield from self.ends_from_rows(window, stretch)
            else:
                found = rolled(Ends, window, stretch).values_list("slot", "cause", "code", "state")
                yield from (EndCount(int(slot), *rest) for slot, *rest in found.annotate(number=Sum("count")))

    def ends_from_rows(self, window: Window, stretch: Stretch) -> Iterator[EndCount]:
        """Yield the ends in a stretch without rollups."""
        for *columns, _ in self.counted(window, stretch, "closed_at", "cause", "normal_code", "state"):
            yield EndCount._make(columns)
        for refusals in rows.unstored(stretch.start, stretch.end):
            slot = window.slot(refusals.at)
            yield EndCount(slot, refusals.cause, rows.NO_CODE, Connection.State.REJECTED, refusals.number)

    def counted(self, window: Window, stretch: Stretch, column: str, *names: str) -> Iterator[tuple[Any, ...]]:
        """Yield the bucket, the columns ``names``, the number of connections, and how many of them were accepted.

        The time in ``column`` decides. If the window ends now or later, its last bucket also has the rows of hosts
        whose clocks are ahead.
        """
        found = traffic().filter(**{f"{column}__gte": rows.moment(stretch.start)})
        if stretch.end <= self.now:
            found = found.filter(**{f"{column}__lt": rows.moment(stretch.end)})
        slot = (Epoch(column) - window.start) / window.bucket
        grouped = found.annotate(slot=slot, normal_code=rows.CODE).values_list("slot", *names)
        for at, *rest in grouped.annotate(number=Count("id"), accepted=Count("accepted_at")).order_by():
            yield min(int(at), window.count - 1), *rest

    def measures(self, window: Window) -> Iterator[tuple[int, Measures]]:
        """Yield the start and the counts of each period in a window, in the order of time, as long as possible."""
        for stretch in self.cover(window, DAY):
            if stretch.step == ROWS:
                span = stretch.start, stretch.end
                minutes = by_minute(rows.accepts(*span), rows.ends(*span), rows.unstored(*span))
                yield from ((start, minutes[start].measures[ALL]) for start in sorted(minutes))
            else:
                found = in_stretch(Rollup, stretch).order_by("start").values_list("start", *MEASURES)
                yield from ((start, Measures.of_row(columns)) for start, *columns in found)

    def open_at_end(self, window: Window, dimension: Dimension) -> Counter[Any]:
        """Return the number of open connections at the end of a window, by endpoint or by process.

        It is computed backwards: the number of connections that are open now, minus the changes since the end.
        """
        found = open_now(dimension)
        if window.end <= self.now:
            since = Window(window.end, int(self.now) - window.end + MINUTE, 1)
            for change in self.changes(since, dimension):
                found[change.key] -= change.opened - change.closed
        return found


def in_stretch(table: type[Model], stretch: Stretch) -> QuerySet[Any]:
    """Return the rollups of a stretch."""
    return table._default_manager.filter(step=stretch.step, start__gte=stretch.start, start__lt=stretch.end)


def rolled(table: type[Model], window: Window, stretch: Stretch) -> QuerySet[Any]:
    """Return the rollups of a stretch with ``slot``, the position of the bucket in the window."""
    return in_stretch(table, stretch).annotate(slot=(F("start") - window.start) / window.bucket).order_by()


def open_now(dimension: Dimension) -> Counter[Any]:
    """Return the number of open connections, by endpoint or by process."""
    found = traffic().filter(state=Connection.State.OPEN, accepted_at__isnull=False)
    return Counter(dict(found.values_list(dimension).annotate(number=Count("id")).order_by()))
