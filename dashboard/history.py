"""Reads the history of a range from the database.

The history contains the open connections, the connections that ended, and the processes that started or stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Case, Count, When

from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause, is_abnormal

from .buckets import Row, bucketed
from .contract import VERSION, EndGroup, HistoryAnswer, MarkKind, ProcessMark
from .endpoints import traffic
from .windows import Window

#: The maximum number of groups of ends in an answer, and of starts and stops of processes.
ENDS_LIMIT = 40
MARKS_LIMIT = 200

#: The close code with which the application refused the handshake; the client received only HTTP 403.
REFUSAL = Case(When(state=Connection.State.REJECTED, then="sent_code"))
#: The position of each cause in ``closes``.
ORDER: dict[str, int] = {cause.value: position for position, cause in enumerate(Cause)}
#: By endpoint and position of the bucket: the change in the number of open connections.
Changes = Counter[tuple[str, int]]


def read(name: str, now: float) -> HistoryAnswer:
    """Return the history of the range ``name`` up to the Unix time ``now``.

    The number of queries does not depend on the number of rows. Raises ``KeyError`` for an unknown range.
    """
    window = Window.of(name, now)
    closes = list(closes_by_bucket(window))
    return {
        "v": VERSION,
        "range": name,
        "from": window.start,
        "to": now,
        "bucket_s": window.bucket,
        "times": window.times,
        "open": open_series(window, closes),
        "closes": close_series(window, closes),
        "marks": sorted(marks(window), key=lambda mark: mark["at"])[-MARKS_LIMIT:],
        "ends": end_groups(window),
    }


def closes_by_bucket(window: Window) -> Iterator[Row]:
    """Yield the number of accepted connections that ended in each bucket, by endpoint and cause."""
    rows = traffic().filter(closed_at__gte=window.began, accepted_at__isnull=False)
    return bucketed(rows, "closed_at", window, "endpoint", "cause")


def open_series(window: Window, closes: list[Row]) -> dict[str, list[int]]:
    """Return the number of open connections at the end of each bucket, by endpoint.

    The number at the start of the window is computed backwards: it is the number of connections that are open now,
    minus the changes in the window.
    """
    changes: Changes = Counter()
    accepted = traffic().filter(accepted_at__gte=window.began)
    for row in bucketed(accepted, "accepted_at", window, "endpoint"):
        changes[row["endpoint"], row["slot"]] += row["count"]
    for row in closes:
        changes[row["endpoint"], row["slot"]] -= row["count"]
    before = open_now()
    for (endpoint, _), change in changes.items():
        before[endpoint] -= change
    endpoints = sorted({*before, *(endpoint for endpoint, _ in changes)})
    return {endpoint: running_total(before[endpoint], endpoint, changes, window.count) for endpoint in endpoints}


def running_total(start: int, endpoint: str, changes: Changes, count: int) -> list[int]:
    """Return the number of open connections of an endpoint after each of ``count`` buckets."""
    totals = []
    for slot in range(count):
        start += changes[endpoint, slot]
        totals.append(start)
    return totals


def open_now() -> Counter[str]:
    """Return the number of open connections by endpoint."""
    rows = traffic().filter(state=Connection.State.OPEN, accepted_at__isnull=False)
    counted = rows.values("endpoint").annotate(count=Count("id")).order_by()
    return Counter({row["endpoint"]: row["count"] for row in counted})


def close_series(window: Window, closes: list[Row]) -> dict[str, list[int]]:
    """Return the number of connections that ended in each bucket, by cause."""
    series: dict[str, list[int]] = {}
    for row in closes:
        series.setdefault(row["cause"], [0] * window.count)[row["slot"]] += row["count"]
    return {cause: series[cause] for cause in sorted(series, key=position_of)}


def position_of(cause: str) -> tuple[int, str]:
    """Return the sort key of a cause: causes of this release in the order of ``Cause``, then others by name."""
    return ORDER.get(cause, len(ORDER)), cause


def marks(window: Window) -> Iterator[ProcessMark]:
    """Yield at most ``MARKS_LIMIT`` starts and at most ``MARKS_LIMIT`` stops of server processes, unsorted."""
    started = ServerProcess.objects.filter(started_at__gte=window.began).order_by("-started_at")
    for process in started[:MARKS_LIMIT]:
        yield mark(process, "start", process.started_at)
    ended = ServerProcess.objects.filter(ended_at__gte=window.began).order_by("-ended_at")
    for process in ended[:MARKS_LIMIT]:
        kind: MarkKind = "lost" if process.end == ServerProcess.End.LOST else "stop"
        yield mark(process, kind, process.ended_at or window.began)


def mark(process: ServerProcess, kind: MarkKind, at: datetime) -> ProcessMark:
    """Return the mark for the start or stop of a process at the time ``at``."""
    return {"at": at.timestamp(), "kind": kind, "process": str(process), "release": process.release}


def end_groups(window: Window) -> list[EndGroup]:
    """Return groups of the connections that ended or were refused in the window, largest group first.

    The connections are grouped by code and cause.
    """
    rows = traffic().filter(closed_at__gte=window.began).annotate(refusal=REFUSAL)
    counted = rows.values("close_code", "cause", "initiator", "state", "refusal").annotate(count=Count("id"))
    groups: list[Row] = [{**row} for row in counted.order_by("-count", "cause")]
    total = sum(row["count"] for row in groups) or 1
    return [end_group(row, row["count"] / total) for row in groups[:ENDS_LIMIT]]


def end_group(row: Row, share: float) -> EndGroup:
    """Return one group of ends; ``share`` is its share of all ends in the window, 0 to 1."""
    return {
        "code": row["close_code"],
        "refusal": row["refusal"],
        "cause": row["cause"],
        "initiator": row["initiator"],
        "state": row["state"],
        "count": row["count"],
        "share": round(share, 4),
        "abnormal": is_abnormal(row["cause"]),
    }
