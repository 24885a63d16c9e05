"""What is known of all processes, and the picture of it for the page. Pure: the clock is an argument."""

from __future__ import annotations

from collections import Counter

from ..contract import VERSION, Picture, ProcessRow, ProcessSnapshot, ProcessState, RecentEnds
from .merge import count_open, endpoint_rows, latest_ends, merged_buckets, totals, trust

#: Seconds without a snapshot after which a process is called silent.
SILENT_SECONDS = 3.5
#: Seconds for which a process that is gone is still listed.
LISTED_SECONDS = 300.0
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
