"""Reads the history of a window: open connections, ends, distributions, starts and stops of processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple

from lifecycle.history import size
from lifecycle.history.reads import EndCount, Reader
from lifecycle.history.rows import NO_CODE
from lifecycle.history.windows import Window
from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause, initiator_of, is_abnormal

from .contract import VERSION, EndGroup, HistoryAnswer, MarkKind, PreviousWindow, ProcessMark, RecordSize
from .distributions import distributions

#: The maximum number of groups of ends in an answer, and of starts and stops of processes.
ENDS_LIMIT = 40
MARKS_LIMIT = 200

#: The position of each cause in ``closes``.
ORDER: dict[str, int] = {cause.value: position for position, cause in enumerate(Cause)}


def read(window: Window, now: float, name: str = "", compare: bool = False) -> HistoryAnswer:
    """Return the history of a window, as known at the Unix time ``now``; ``name`` is the range, if it has a name.

    ``compare`` adds the previous window. The number of queries does not depend on the number of connections.
    """
    reader = Reader.at(now)
    ends = list(reader.ends(window))
    levels = Levels.read(reader, window)
    return {
        "v": VERSION,
        "range": name,
        "from": window.start,
        "to": min(now, window.end),
        "bucket_s": window.bucket,
        "times": window.times,
        "since": reader.since,
        "age_s": 0.0,
        "open": levels.series(),
        "closes": close_series(window, ends),
        "marks": sorted(marks(window), key=lambda mark: mark["at"])[-MARKS_LIMIT:],
        "ends": end_groups(ends),
        **distributions(reader, window, levels.before.total()),
        "previous": previous_window(reader, window) if compare else None,
        "record": record_size(now),
    }


def record_size(now: float) -> RecordSize:
    """Return the size of the record."""
    found = size.measure(now)
    return {
        "rows_since": found.rows_since,
        "rollups_since": found.rollups_since,
        "bytes": found.bytes,
        "bytes_per_day": found.bytes_per_day,
        "full_in_days": found.full_in_days,
    }


def previous_window(reader: Reader, window: Window) -> PreviousWindow:
    """Return the totals of the window before."""
    before = window.before()
    closes = close_series(before, reader.ends(before))
    return {"open": total_of(Levels.read(reader, before).series(), before), "closes": total_of(closes, before)}


def total_of(series: dict[str, list[int]], window: Window) -> list[int]:
    """Return the sum of all series in each bucket."""
    return [sum(numbers[slot] for numbers in series.values()) for slot in range(window.count)]


class Levels(NamedTuple):
    """The number of open connections before a window, by endpoint, and how it changes in each bucket."""

    window: Window
    before: Counter[str]
    changes: Counter[tuple[str, int]]

    @classmethod
    def read(cls, reader: Reader, window: Window) -> Levels:
        """Read the changes, and compute the numbers before the window backwards from those at its end."""
        changes: Counter[tuple[str, int]] = Counter()
        for change in reader.changes(window, "endpoint"):
            if change.opened or change.closed:
                changes[change.key, change.slot] += change.opened - change.closed
        before = reader.open_at_end(window, "endpoint")
        before.subtract({endpoint: 0 for endpoint, _ in changes})
        for (endpoint, _), number in changes.items():
            before[endpoint] -= number
        return cls(window, before, changes)

    def series(self) -> dict[str, list[int]]:
        """Return the number of open connections at the end of each bucket, by endpoint."""
        changed = {endpoint for endpoint, _ in self.changes}
        return {name: self.one(name) for name in sorted(self.before) if self.before[name] or name in changed}

    def one(self, endpoint: str) -> list[int]:
        """Return the number of open connections of an endpoint at the end of each bucket."""
        steps = (self.changes[endpoint, slot] for slot in range(self.window.count))
        return list(accumulate(steps, initial=self.before[endpoint]))[1:]


def close_series(window: Window, ends: Iterable[EndCount]) -> dict[str, list[int]]:
    """Return the number of accepted connections that ended in each bucket, by cause."""
    series: dict[str, list[int]] = {}
    for end in ends:
        if end.state != Connection.State.REJECTED:
            series.setdefault(end.cause, [0] * window.count)[end.slot] += end.number
    return {cause: series[cause] for cause in sorted(series, key=position_of)}


def position_of(cause: str) -> tuple[int, str]:
    """Return the sort key of a cause: causes of this release in the order of ``Cause``, then others by name."""
    return ORDER.get(cause, len(ORDER)), cause


def marks(window: Window) -> Iterator[ProcessMark]:
    """Yield at most ``MARKS_LIMIT`` starts and at most ``MARKS_LIMIT`` stops of server processes, unsorted."""
    started = ServerProcess.objects.filter(started_at__range=(window.began, window.ended)).order_by("-started_at")
    for process in started[:MARKS_LIMIT]:
        yield mark(process, "start", process.started_at)
    ended = ServerProcess.objects.filter(ended_at__range=(window.began, window.ended)).order_by("-ended_at")
    for process in ended[:MARKS_LIMIT]:
        kind: MarkKind = "lost" if process.end == ServerProcess.End.LOST else "stop"
        yield mark(process, kind, process.ended_at or window.began)


def mark(process: ServerProcess, kind: MarkKind, at: datetime) -> ProcessMark:
    """Return the mark for the start or stop of a process at the time ``at``."""
    return {"at": at.timestamp(), "kind": kind, "process": str(process), "release": process.release}


def end_groups(ends: Iterable[EndCount]) -> list[EndGroup]:
    """Return groups of the connections that ended or were refused in the window, largest group first.

    The connections are grouped by code and cause.
    """
    groups: Counter[tuple[str, int, str]] = Counter()
    for end in ends:
        groups[end.cause, end.code, end.state] += end.number
    total = groups.total() or 1
    largest = sorted(groups.items(), key=lambda group: (-group[1], group[0]))
    return [end_group(*key, count, count / total) for key, count in largest[:ENDS_LIMIT]]


def end_group(cause: str, code: int, state: str, count: int, share: float) -> EndGroup:
    """Return one group of ends; ``share`` is its share of all ends in the window, 0 to 1."""
    known_code = None if code == NO_CODE else code
    is_refused = state == Connection.State.REJECTED
    return {
        "code": None if is_refused else known_code,
        "refusal": known_code if is_refused else None,
        "cause": cause,
        "initiator": initiator_of(cause),
        "state": state,
        "count": count,
        "share": round(share, 4),
        "abnormal": is_abnormal(cause),
    }
