"""Merges the snapshots of several processes: adds up numbers, and selects the latest ends. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from ..contract import (
    LATEST_ENDS,
    BucketRow,
    EndpointRow,
    EndRow,
    ProcessSnapshot,
    ProcessState,
    RecentEnds,
    Totals,
    Trust,
)

Count = Literal["open", "opened", "closed", "refused", "messages_in", "messages_out"]
Rate = Literal["connects_s", "closes_s", "refused_s"]
COUNTS: tuple[Count, ...] = ("open", "opened", "closed", "refused", "messages_in", "messages_out")
RATES: tuple[Rate, ...] = ("connects_s", "closes_s", "refused_s")
#: What is shown of an internal endpoint.
REFUSED: tuple[Count, ...] = ("refused",)
REFUSED_RATES: tuple[Rate, ...] = ("refused_s",)


def trust(live: list[ProcessSnapshot], states: Counter[ProcessState], feed: bool) -> Trust:
    """Return the facts that show whether the numbers can be trusted; ``states`` counts processes by state."""
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
        "faults": sorted({fault for snapshot in live for fault in snapshot.get("faults", ())}),
        "unstored": sum(snapshot.get("unstored", 0) for snapshot in live),
    }


def totals(
    rows: list[EndpointRow], live: list[ProcessSnapshot], silent: list[ProcessSnapshot], recent: RecentEnds
) -> Totals:
    """Return the numbers that the tiles show; ``rows`` are the endpoints of the ``live`` snapshots.

    ``closes_5m`` and ``abnormal_5m`` have two sources. The ``live`` snapshots include the newest ends. ``recent``
    was read from the database, so it includes connections of processes that are gone. Both numbers come from the
    source that counted more ends.
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
    """Return the number of open connections to internal endpoints, or to all other endpoints."""
    endpoints = (counts for snapshot in snapshots for counts in snapshot["endpoints"].values())
    return sum(counts["open"] for counts in endpoints if counts["apart"] == internal)


def endpoint_rows(snapshots: Iterable[ProcessSnapshot]) -> list[EndpointRow]:
    """Return one row per endpoint, sorted by name; its numbers are sums over all processes.

    For an internal endpoint, only refused handshakes are counted, because the totals count its viewers separately.
    """
    rows: dict[str, EndpointRow] = {}
    for snapshot in snapshots:
        for name, counts in snapshot["endpoints"].items():
            if counts["apart"] and not counts["refused"]:
                continue
            row = rows.setdefault(name, empty_row(name))
            if not counts["apart"]:
                row["rtt_ms"] = counts["rtt_ms"] if row["rtt_ms"] is None else row["rtt_ms"]
            for count in REFUSED if counts["apart"] else COUNTS:
                row[count] += counts[count]
            for rate in REFUSED_RATES if counts["apart"] else RATES:
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
    """Return the latest buckets, oldest first.

    The numbers of open connections are sums over the live processes. The numbers of connections that ended are
    sums over all processes.
    """
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
    """Return the latest ends of all sources, newest first. An end that is in two sources is listed once."""
    ends = {end["id"]: end for source in sources for end in source["ends"]}
    return sorted(ends.values(), key=lambda end: end["at"], reverse=True)[:LATEST_ENDS]
