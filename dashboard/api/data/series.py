"""The history of a window in series: connections opened, closed, refused and open, by a dimension."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from lifecycle.history.reads import Dimension, Reader
from lifecycle.history.rows import NO_CODE, NO_PROCESS
from lifecycle.history.windows import Window
from lifecycle.models import Connection, ServerProcess

UNKNOWN = "unknown"
Numbers = dict[str, list[int]]
Name = Callable[[Any], str]


def read(window: Window, by: str, now: float) -> dict[str, Numbers]:
    """Return the series of a window, as known at the Unix time ``now``."""
    reader = Reader.at(now)
    if by in ("cause", "code"):
        return ends(reader, window, by)
    dimension: Dimension = "endpoint" if by == "endpoint" else "process_id"
    return changes(reader, window, dimension, by)


def ends(reader: Reader, window: Window, by: str) -> dict[str, Numbers]:
    """Return the series by cause or code, which only connections that have ended have."""
    closed, refused = Table(window), Table(window)
    for end in reader.ends(window):
        code = "none" if end.code == NO_CODE else str(end.code)
        table = refused if end.state == Connection.State.REJECTED else closed
        table.add(end.cause if by == "cause" else code, end.slot, end.number)
    return {"opened": {}, "closed": closed.series(), "refused": refused.series(), "open": {}}


def changes(reader: Reader, window: Window, dimension: Dimension, by: str) -> dict[str, Numbers]:
    """Return the series by endpoint, process or release."""
    found, open_at_end = list(reader.changes(window, dimension)), reader.open_at_end(window, dimension)
    name = namer(by, {change.key for change in found} | open_at_end.keys())
    opened, closed, refused = Table(window), Table(window), Table(window)
    for change in found:
        key = name(change.key)
        opened.add(key, change.slot, change.opened)
        closed.add(key, change.slot, change.closed)
        refused.add(key, change.slot, change.refused)
    at_end: Counter[str] = Counter()
    for key, number in open_at_end.items():
        at_end[name(key)] += number
    return {
        "opened": opened.series(),
        "closed": closed.series(),
        "refused": refused.series(),
        "open": levels(window, opened, closed, at_end),
    }


def levels(window: Window, opened: Table, closed: Table, at_end: Counter[str]) -> Numbers:
    """Return the open connections at the end of each bucket, computed backwards from the end of the window."""
    found = {}
    for name in sorted(
        {name for name, number in at_end.items() if number} | opened.rows.keys() | closed.rows.keys()
    ):
        steps = [up - down for up, down in zip(opened.of(name), closed.of(name), strict=True)]
        found[name] = list(accumulate(steps, initial=at_end[name] - sum(steps)))[1:]
    return found


class Table:
    """Numbers by name and bucket."""

    def __init__(self, window: Window) -> None:
        self.count = window.count
        self.rows: defaultdict[str, list[int]] = defaultdict(lambda: [0] * self.count)

    def add(self, name: str, slot: int, number: int) -> None:
        """Add a number to a bucket; zeros make no series."""
        if number:
            self.rows[name][slot] += number

    def of(self, name: str) -> list[int]:
        """Return the numbers of a name."""
        return self.rows[name] if name in self.rows else [0] * self.count

    def series(self) -> Numbers:
        """Return the series, in the order of their names."""
        return dict(sorted(self.rows.items()))


def namer(by: str, keys: set[Any]) -> Name:
    """Return the function that names these keys. Processes have the names that the filter ``process`` accepts."""
    if by == "endpoint":
        return str
    found = ServerProcess.objects.in_bulk(keys - {None, NO_PROCESS})
    names = {key: process.release if by == "release" else str(process) for key, process in found.items()}
    return lambda key: names.get(key) or (UNKNOWN if by == "release" or key in (None, NO_PROCESS) else str(key))
