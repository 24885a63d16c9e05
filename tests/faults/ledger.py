"""The ledger of a load: what was done to each connection, and what the record may therefore say."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.integration.rows import Row, check, unique

#: Seconds by which record and ledger may differ: the record's clock is monotonic from the handshake on.
CLOCK_SECONDS = 0.05
#: Seconds until a loaded server notices an end.
LATE_SECONDS = 5.0
#: Causes of estimated ends: the process died, or the end was dropped because the spool was full.
LOST, FORGOTTEN = "process_lost", "unknown"
#: The HTTP status of a handshake that the application refused, or in which it failed.
ANSWERS = frozenset({403, 500})
#: Number of differences that a failure prints.
SHOWN = 20


@dataclass(slots=True)
class Entry:
    """One connection, from the client's side; times are seconds since the epoch."""

    path: str
    asked_at: float = field(default_factory=time.time)
    accepted_at: float | None = None
    #: The HTTP status of a refusal.
    status: int | None = None
    #: When either side began to end it, and when the client had the server's answer.
    ending_at: float | None = None
    ended_at: float | None = None
    #: The causes that the record may give for the end.
    causes: frozenset[str] = frozenset()
    #: Whether its events may have been dropped, so that its row or its end is missing.
    droppable: bool = False
    #: Whether its handshake was answered while the server stopped: the record may call it refused.
    overtaken: bool = False

    @property
    def answered(self) -> bool:
        """Return whether the application answered the handshake, so that there must be a row."""
        return self.accepted_at is not None or self.status in ANSWERS

    def confirmed(self, before: float) -> bool:
        """Return whether the server had answered the end of the connection before a time."""
        return self.ended_at is not None and self.ended_at < before

    @property
    def handshake(self) -> float:
        """Return how long the handshake took, in seconds."""
        assert self.accepted_at is not None
        return self.accepted_at - self.asked_at

    def ends(self, *causes: str) -> None:
        """Note that the end begins now, and the causes that the record may give."""
        self.ending_at = time.time()
        self.causes = frozenset(causes)

    def refused(self, status: int) -> None:
        """Note the server's refusal; the load sets its causes."""
        self.status, self.ending_at, self.ended_at = status, self.asked_at, time.time()

    def __str__(self) -> str:
        """Describe the connection in one line."""
        names = ("asked_at", "accepted_at", "ending_at", "ended_at")
        moments = [f"{name[:-3]} {clock(at)}" for name in names if (at := getattr(self, name))]
        refusal = [f"HTTP {self.status}"] if self.status else []
        return f"{self.path} ({', '.join([*moments, *refusal])})"


@dataclass(slots=True)
class Ledger:
    """All connections of a load."""

    entries: list[Entry] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries, in the order in which they were opened."""
        return iter(self.entries)

    def open(self, kind: str) -> Entry:
        """Add an entry with a unique path for a connection to one kind of consumer."""
        entry = Entry(unique(kind))
        self.entries.append(entry)
        return entry

    def accepted(self) -> list[Entry]:
        """Return the connections that were opened."""
        return [entry for entry in self if entry.accepted_at is not None]

    def still_open(self) -> list[Entry]:
        """Return the connections that are open, as far as the client knows."""
        return [entry for entry in self if entry.accepted_at is not None and entry.ending_at is None]

    def all_end(self, *causes: str, since: float = math.inf) -> None:
        """Note that the server ended all open connections; it may also have caused ends that had begun.

        ``since`` is when it began to; by default it only does now.
        """
        for entry in self:
            entry.overtaken |= entry.accepted_at is not None and entry.accepted_at > since
            if entry.ending_at is None:
                entry.ends(*entry.causes, *causes)
                entry.ending_at = min(since, time.time())
            elif not entry.confirmed(since):
                entry.causes |= frozenset(causes)

    def may_be_dropped(self, since: float) -> None:
        """Note that events of connections that had not ended by a time may have been dropped."""
        for entry in self:
            entry.droppable |= not entry.confirmed(since)

    def unopened_may_be(self, *causes: str) -> None:
        """Set the causes for handshakes that were neither accepted nor refused."""
        for entry in self:
            if entry.accepted_at is None and not entry.causes:
                entry.causes = frozenset(causes)


def assert_same(ledger: Iterable[Entry], rows: Iterable[Row], late: float = LATE_SECONDS) -> None:
    """Assert that ledger and database agree, row by row; see ``compare``."""
    found = compare(ledger, rows, late)
    assert not found, "\n".join([f"{len(found)} differences", *found[:SHOWN]])


def compare(ledger: Iterable[Entry], rows: Iterable[Row], late: float = LATE_SECONDS) -> list[str]:
    """Return every difference between ledger and database, in words.

    ``late`` is by how many seconds the record of an end may be late.
    """
    entries = {entry.path: entry for entry in ledger}
    by_path: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_path[row["path"]].append(row)
    strays = [f"stray: {path} is in no ledger" for path in by_path if path not in entries]
    return strays + [
        difference for entry in entries.values() for difference in differences(entry, by_path[entry.path], late)
    ]


def differences(entry: Entry, rows: list[Row], late: float) -> list[str]:
    """Return how the rows of one connection differ from its entry."""
    if not rows:
        return [f"missing: {entry}"] if entry.answered and not entry.droppable else []
    if len(rows) > 1:
        return [f"doubled: {entry} has {len(rows)} rows"]
    [row] = rows
    check(row)
    if entry.droppable and row["cause"] == FORGOTTEN:
        return [f"not marked as an estimate: {entry}"] if row["exact"] else []
    if row["state"] == "open":
        return [f"open for ever: {entry}"]
    return [*wrong_end(entry, row), *wrong_times(entry, row, late)]


def wrong_end(entry: Entry, row: Row) -> list[str]:
    """Return what is wrong in a row about its connection's end."""
    found = []
    accepted = entry.accepted_at is not None
    if entry.answered and not entry.overtaken and (row["state"] == "closed") != accepted:
        found.append(f"wrong state: {row['state']}, {row['cause']}, {entry}")
    if row["cause"] not in entry.causes:
        found.append(f"wrong cause: {row['cause']}, not {' or '.join(sorted(entry.causes))}: {entry}")
    if row["cause"] == LOST and row["exact"]:
        found.append(f"not marked as an estimate: {entry}")
    return found


def wrong_times(entry: Entry, row: Row, late: float) -> list[str]:
    """Return the impossible times of a row: before their cause, or long after it."""
    found = []
    if entry.accepted_at and not within(row["opened_at"], entry.asked_at, entry.accepted_at):
        found.append(f"wrong time: opened {row['opened_at']}, {entry}")
    if row["cause"] == LOST:
        return found
    begun = entry.ending_at if entry.accepted_at and entry.ending_at else entry.asked_at
    last = entry.ended_at or entry.ending_at or begun
    if not within(row["closed_at"], begun, last + late):
        found.append(f"wrong time: closed {row['closed_at']}, {row['cause']}, {entry}")
    return found


def within(at: datetime, first: float, last: float) -> bool:
    """Return whether a time is between two others, within the tolerance."""
    return first - CLOCK_SECONDS <= at.timestamp() <= last + CLOCK_SECONDS


def clock(at: float) -> str:
    """Return a time as text."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")
