"""Stores the snapshots of all processes and builds the picture for the page. Pure: the time is an argument."""

from __future__ import annotations

from collections import Counter

from ..contract import VERSION, Picture, ProcessRow, ProcessSnapshot, ProcessState, RecentEnds
from .merge import count_open, endpoint_rows, latest_ends, merged_buckets, totals, trust

#: A process is silent after this many seconds without a snapshot.
SILENT_SECONDS = 3.5
#: For how many seconds the page still lists a process that is gone.
LISTED_SECONDS = 300.0
NO_ENDS: RecentEnds = {"closes_5m": 0, "abnormal_5m": 0, "ends": []}


class Live:
    """The latest snapshot of each process, and when it arrived.

    A process is gone after ``gone_seconds`` without a snapshot. Processes publish every ``tick_seconds``.
    """

    def __init__(self, gone_seconds: float, tick_seconds: float) -> None:
        self.gone_seconds = gone_seconds
        self.tick_seconds = tick_seconds
        self.snapshots: dict[str, ProcessSnapshot] = {}
        self.received_at: dict[str, float] = {}

    def store(self, snapshot: ProcessSnapshot, now: float) -> None:
        """Store a snapshot that arrived at ``now``, and remove processes that are no longer listed."""
        self.snapshots[snapshot["id"]] = snapshot
        self.received_at[snapshot["id"]] = now
        limit = self.gone_seconds + LISTED_SECONDS
        for process_id in [process_id for process_id, at in self.received_at.items() if now - at > limit]:
            del self.received_at[process_id], self.snapshots[process_id]

    def state(self, process_id: str, now: float) -> ProcessState:
        """Return the state of a process; a process that reported ``stopping`` is "gone" at once."""
        silence = now - self.received_at[process_id]
        if self.snapshots[process_id]["stopping"] or silence > self.gone_seconds:
            return "gone"
        return "silent" if silence > SILENT_SECONDS else "live"

    def picture(self, now: float, feed: bool = True, recent: RecentEnds | None = None) -> Picture:
        """Return the message for the page.

        ``feed`` is true if this process receives the snapshots of other processes. ``recent`` contains the recent
        ends, which were read from the database.
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
        """Return the snapshots of the processes in the ``wanted`` state."""
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
            "heard": self.received_at[process_id],
            "open": count_open([snapshot], internal=False),
        }
