"""Merges the snapshots of the server processes into one picture. Pure: the clock is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from ..contract import (
    LATEST_ENDS,
    VERSION,
    BucketRow,
    EndpointRow,
    EndRow,
    Picture,
    ProcessRow,
    ProcessSnapshot,
    ProcessState,
    RecentEnds,
    Totals,
    Trust,
)

#: Seconds without a snapshot after which a process is called silent.
SILENT_SECONDS = 3.5
#: Seconds for which a process that is gone is still listed.
LISTED_SECONDS = 300.0

COUNTS: tuple[Literal["open", "opened", "closed", "refused", "messages_in", "messages_out"], ...] = (
    "open", "opened", "closed", "refused", "messages_in", "messages_out",
)  # fmt: skip
RATES: tuple[Literal["connects_s", "closes_s", "refused_s"], ...] = ("connects_s", "closes_s", "refused_s")
NO_ENDS: RecentEnds = {"closes_5m": 0, "abnormal_5m": 0, "ends": []}


class Live:
    """The latest snapshot of each process, and when it arrived."""

    def __init__(self, gone_seconds: float, tick_seconds: float) -> None:
        """Start without processes.

        A process is called gone after ``gone_seconds`` of silence; processes publish every ``tick_seconds``.
        """
        self.gone_seconds = gone_seconds
        self.tick_seconds = tick_seconds
        self.snapshots: dict[str, ProcessSnapshot] = {}
        self.heard_at: dict[str, float] = {}

    def heard(self, snapshot: ProcessSnapshot, now: float) -> None:
        """Store a snapshot that arrived at ``now``, and forget processes that have been gone for long."""
        self.snapshots[snapshot["id"]] = snapshot
        self.heard_at[snapshot["id"]] = now
        limit = self.gone_seconds + LISTED_SECONDS
        for process_id in [known for known, at in self.heard_at.items() if now - at > limit]:
            del self.heard_at[process_id], self.snapshots[process_id]

    def state(self, process_id: str, now: float) -> ProcessState:
        """Return the state of a process; a process that published its stop is gone at once."""
        silence = now - self.heard_at[process_id]
        if self.snapshots[process_id]["stopping"] or silence > self.gone_seconds:
            return "gone"
        return "silent" if silence > SILENT_SECONDS else "live"

    def picture(self, now: float, feed: bool = True, recent: RecentEnds | None = None) -> Picture:
        """Return the message for the page.

        ``feed`` says whether the snapshots of other processes arrive; ``recent`` are the ends of the last minutes
        from the database.
        """
        recent = recent or NO_ENDS
        states = {process_id: self.state(process_id, now) for process_id in self.snapshots}
        live = self.in_state("live", states)
        endpoints = endpoint_rows(live)
        return {
            "type": "snapshot",
            "v": VERSION,
            "at": now,
            "tick_s": self.tick_seconds,
            "trust": trust(live, Counter(states.values()), feed),
            "totals": totals(endpoints, live, self.in_state("silent", states), recent),
            "endpoints": endpoints,
            "processes": [self.process_row(process_id, states[process_id]) for process_id in sorted(states)],
            "buckets": merged_buckets(live, self.snapshots.values()),
            "ends": latest_ends([*self.snapshots.values(), recent]),
        }

    def in_state(self, wanted: ProcessState, states: dict[str, ProcessState]) -> list[ProcessSnapshot]:
        """Return the snapshots of the processes in a state."""
        return [self.snapshots[process_id] for process_id, state in states.items() if state == wanted]

    def process_row(self, process_id: str, state: ProcessState) -> ProcessRow:
        """Return the row of one process."""
        snapshot = self.snapshots[process_id]
        return {
            "id": snapshot["id"],
            "host": snapshot["host"],
            "pid": snapshot["pid"],
            "server": snapshot["server"],
            "release": snapshot["release"],
            "started": snapshot["started"],
            "spool": snapshot["spool"],
            "dropped": snapshot["dropped"],
            "last_write": snapshot["last_write"],
            "state": state,
            "heard": self.heard_at[process_id],
            "open": count_open([snapshot], internal=False),
        }


def trust(live: list[ProcessSnapshot], states: Counter[ProcessState], feed: bool) -> Trust:
    """Return whether the numbers can be trusted."""
    writes = [snapshot["last_write"] for snapshot in live if snapshot["last_write"]]
    return {
        "processes": states["live"],
        "silent": states["silent"],
        "gone": states["gone"],
        "spool": sum(snapshot["spool"] for snapshot in live),
        "dropped": sum(snapshot["dropped"] for snapshot in live),
        "last_write": max(writes, default=None),
        "writing": all(snapshot["writing"] for snapshot in live),
        "feed": feed,
    }


def totals(
    rows: list[EndpointRow], live: list[ProcessSnapshot], silent: list[ProcessSnapshot], recent: RecentEnds
) -> Totals:
    """Return the numbers of the tiles; ``rows`` are the sums over ``live``.

    The processes know the newest ends, the database also those of processes that are gone: the source with more
    ends is used.
    """
    closes, abnormal = max(
        (sum(snapshot["closes_5m"] for snapshot in live), sum(snapshot["abnormal_5m"] for snapshot in live)),
        (recent["closes_5m"], recent["abnormal_5m"]),
        key=lambda source: source[0],
    )
    return {
        "open": sum(row["open"] for row in rows),
        "viewers": count_open(live, internal=True),
        "unconfirmed": count_open(silent, internal=False),
        "connects_s": round(sum(row["connects_s"] for row in rows), 2),
        "closes_s": round(sum(row["closes_s"] for row in rows), 2),
        "refused_s": round(sum(row["refused_s"] for row in rows), 2),
        "closes_5m": closes,
        "abnormal_5m": abnormal,
    }


def count_open(snapshots: Iterable[ProcessSnapshot], *, internal: bool) -> int:
    """Return how many connections are open, to internal endpoints or to all others."""
    endpoints = (counts for snapshot in snapshots for counts in snapshot["endpoints"].values())
    return sum(counts["open"] for counts in endpoints if counts["apart"] == internal)


def endpoint_rows(snapshots: Iterable[ProcessSnapshot]) -> list[EndpointRow]:
    """Return the sums of each endpoint over all processes, by name, without internal endpoints."""
    rows: dict[str, EndpointRow] = {}
    for snapshot in snapshots:
        for name, counts in snapshot["endpoints"].items():
            if counts["apart"]:
                continue
            row = rows.setdefault(name, empty_row(name))
            row["rtt_ms"] = counts["rtt_ms"] if row["rtt_ms"] is None else row["rtt_ms"]
            for count in COUNTS:
                row[count] += counts[count]
            for rate in RATES:
                row[rate] = round(row[rate] + counts[rate], 3)
    return [rows[name] for name in sorted(rows)]


def empty_row(name: str) -> EndpointRow:
    """Return the row of an endpoint without events."""
    return {
        "endpoint": name,
        "open": 0,
        "opened": 0,
        "closed": 0,
        "refused": 0,
        "connects_s": 0,
        "closes_s": 0,
        "refused_s": 0,
        "messages_in": 0,
        "messages_out": 0,
        "rtt_ms": None,
    }


def merged_buckets(live: Iterable[ProcessSnapshot], every: Iterable[ProcessSnapshot]) -> list[BucketRow]:
    """Return the latest buckets, oldest first: open connections of live processes, ends of all processes."""
    opened: dict[int, Counter[str]] = {}
    closes: dict[int, Counter[str]] = {}
    for snapshot in live:
        for bucket in snapshot["buckets"]:
            opened.setdefault(bucket["t"], Counter()).update(bucket["open"])
    for snapshot in every:
        for bucket in snapshot["buckets"]:
            closes.setdefault(bucket["t"], Counter()).update(bucket["closes"])
    return [{"t": at, "open": dict(opened[at]), "closes": dict(closes[at])} for at in sorted(opened)]


def latest_ends(sources: Iterable[RecentEnds]) -> list[EndRow]:
    """Return the latest ends of all sources, newest first; an end that two sources know is listed once."""
    ends = {end["id"]: end for source in sources for end in source["ends"]}
    return sorted(ends.values(), key=lambda end: end["at"], reverse=True)[:LATEST_ENDS]
