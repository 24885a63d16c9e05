"""Merges the snapshots of the server processes into one picture. Pure: the clock is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

VERSION = 1
TICK_SECONDS = 1.0
#: Seconds without a snapshot after which a process is called silent.
SILENT_SECONDS = 3.5
#: Seconds for which a process that is gone is still listed.
LISTED_SECONDS = 300.0
ENDS = 12

Snapshot = dict[str, Any]
SUMMED = (
    "open",
    "opened",
    "closed",
    "refused",
    "connects_s",
    "closes_s",
    "refused_s",
    "messages_in",
    "messages_out",
)


class Live:
    """What was last heard of each process, and when."""

    def __init__(self, gone_seconds: float) -> None:
        """Begin with no process; one silent for ``gone_seconds`` is called gone."""
        self.gone_seconds = gone_seconds
        self.snapshots: dict[str, Snapshot] = {}
        self.heard_at: dict[str, float] = {}

    def heard(self, snapshot: Snapshot, now: float) -> None:
        """Take in a process's newest snapshot, and let go of processes that are long gone."""
        self.snapshots[snapshot["id"]] = snapshot
        self.heard_at[snapshot["id"]] = now
        for one in [one for one, at in self.heard_at.items() if now - at > self.gone_seconds + LISTED_SECONDS]:
            del self.heard_at[one], self.snapshots[one]

    def state(self, process_id: str, now: float) -> str:
        """Return ``live``, ``silent`` or ``gone``; a process that said goodbye is gone at once."""
        silence = now - self.heard_at[process_id]
        if self.snapshots[process_id]["stopping"] or silence > self.gone_seconds:
            return "gone"
        return "silent" if silence > SILENT_SECONDS else "live"

    def picture(self, now: float, feed: bool = True, recent: Snapshot | None = None) -> Snapshot:
        """Return the whole as one message for the page.

        ``feed`` tells whether other processes can be heard, ``recent`` what the record says of the last minutes.
        """
        states = {one: self.state(one, now) for one in self.snapshots}
        live = [snapshot for one, snapshot in self.snapshots.items() if states[one] == "live"]
        silent = [snapshot for one, snapshot in self.snapshots.items() if states[one] == "silent"]
        endpoints = merged_endpoints(live)
        return {
            "type": "snapshot",
            "v": VERSION,
            "at": now,
            "tick_s": TICK_SECONDS,
            "trust": trust(live, Counter(states.values()), feed),
            "totals": {**totals(live, silent, endpoints), **abnormal_share(live, recent or {})},
            "endpoints": [row for row in endpoints if not row["apart"]],
            "processes": [self.process_row(one, states[one]) for one in sorted(states)],
            "buckets": merged_buckets(live, self.snapshots.values()),
            "ends": latest_ends([*self.snapshots.values(), recent or {"ends": []}]),
        }

    def process_row(self, process_id: str, state: str) -> Snapshot:
        """Return what the page lists of one process."""
        snapshot = self.snapshots[process_id]
        names = ("id", "host", "pid", "server", "release", "started", "spool", "dropped", "last_write")
        opened = sum(row["open"] for row in snapshot["endpoints"].values() if not row["apart"])
        return {
            **{name: snapshot[name] for name in names},
            "state": state,
            "heard": self.heard_at[process_id],
            "open": opened,
        }


def trust(live: Iterable[Snapshot], states: Counter[str], feed: bool) -> Snapshot:
    """Return whether the numbers can be trusted."""
    live = list(live)
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


def totals(live: list[Snapshot], silent: list[Snapshot], endpoints: list[Snapshot]) -> Snapshot:
    """Return the numbers of the tiles; those of silent processes are kept apart as unconfirmed."""
    traffic = [row for row in endpoints if not row["apart"]]
    return {
        "open": sum(row["open"] for row in traffic),
        "viewers": sum(row["open"] for row in endpoints if row["apart"]),
        "unconfirmed": sum(row["open"] for row in merged_endpoints(silent) if not row["apart"]),
        "connects_s": round(sum(row["connects_s"] for row in traffic), 2),
        "closes_s": round(sum(row["closes_s"] for row in traffic), 2),
        "refused_s": round(sum(row["refused_s"] for row in traffic), 2),
    }


def abnormal_share(live: list[Snapshot], recent: Snapshot) -> Snapshot:
    """Return the ends of the last five minutes and how many were abnormal.

    The processes know the newest ones, the record also those of processes that are gone: whichever knows more.
    """
    closes = sum(snapshot["closes_5m"] for snapshot in live)
    if recent.get("closes_5m", 0) > closes:
        return {name: recent[name] for name in ("closes_5m", "abnormal_5m")}
    return {"closes_5m": closes, "abnormal_5m": sum(snapshot["abnormal_5m"] for snapshot in live)}


def merged_endpoints(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the endpoints of all processes, added up, in the order of their names."""
    rows: dict[str, Snapshot] = {}
    for snapshot in snapshots:
        for name, counts in snapshot["endpoints"].items():
            row = rows.setdefault(name, {"endpoint": name, **dict.fromkeys(SUMMED, 0), "rtt_ms": None})
            row["apart"] = counts["apart"]
            row["rtt_ms"] = counts["rtt_ms"] if row["rtt_ms"] is None else row["rtt_ms"]
            for field in SUMMED:
                row[field] = round(row[field] + counts[field], 3)
    return [rows[name] for name in sorted(rows)]


def merged_buckets(live: list[Snapshot], every: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the latest buckets, oldest first: what is open is the live ones', what ended is everyone's."""
    opened: dict[int, Counter[str]] = {}
    closes: dict[int, Counter[str]] = {}
    for snapshot in live:
        for bucket in snapshot["buckets"]:
            opened.setdefault(bucket["t"], Counter()).update(bucket["open"])
    for snapshot in every:
        for bucket in snapshot["buckets"]:
            closes.setdefault(bucket["t"], Counter()).update(bucket["closes"])
    return [{"t": at, "open": dict(opened[at]), "closes": dict(closes[at])} for at in sorted(opened)]


def latest_ends(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return the newest ends of all processes, newest first."""
    ends = {end["id"]: end for snapshot in snapshots for end in snapshot["ends"]}
    return sorted(ends.values(), key=lambda end: end["at"], reverse=True)[:ENDS]
