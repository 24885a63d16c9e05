"""All reads of history, from the database: what was open, what ended and why, when processes came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, Func, IntegerField, QuerySet, When

from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause, is_abnormal

from .contract import VERSION, EndGroup, HistoryAnswer, MarkKind, ProcessMark
from .endpoints import traffic

ENDS_LIMIT = 40
MARKS_LIMIT = 200

#: A row of a query: the named columns and the count, and the bucket if it was asked for.
Row = dict[str, Any]
#: What the application said as it refused; the client saw HTTP 403 and no code.
REFUSAL = Case(When(state=Connection.State.REJECTED, then="sent_code"))
#: The place of each cause in the charts.
ORDER: dict[str, int] = {cause.value: place for place, cause in enumerate(Cause)}
#: (endpoint, bucket) -> how many
Changes = Counter[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Range:
    """How far back the page looks, and how finely; both in seconds."""

    seconds: int
    bucket: int


RANGES = {
    "15m": Range(15 * 60, 10),
    "1h": Range(3600, 60),
    "6h": Range(6 * 3600, 300),
    "24h": Range(24 * 3600, 900),
}


class Epoch(Func):
    """Whole seconds since the epoch of a timestamp column."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """SQLite keeps timestamps as text."""
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **context
        )

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """MySQL and MariaDB have a function for it."""
        return self.as_sql(compiler, connection, template="FLOOR(UNIX_TIMESTAMP(%(expressions)s))", **context)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time cut into buckets; the last one is still filling."""

    name: str
    start: int
    bucket: int
    count: int

    @classmethod
    def of(cls, name: str, now: float) -> Window:
        """Return the window of a range that ends now; ``KeyError`` for a range that does not exist."""
        wanted = RANGES[name]
        count = wanted.seconds // wanted.bucket
        last = int(now) // wanted.bucket * wanted.bucket
        return cls(name, last - (count - 1) * wanted.bucket, wanted.bucket, count)

    @property
    def times(self) -> list[int]:
        """Return the first second of each bucket."""
        return [self.start + number * self.bucket for number in range(self.count)]

    @property
    def began(self) -> datetime:
        """Return the start of the window."""
        return datetime.fromtimestamp(self.start, UTC)


def read(name: str, now: float) -> HistoryAnswer:
    """Return all that the page shows of a range that ends ``now``, seconds since the epoch."""
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
        "ends": ends_by_code(window),
    }


def closes_by_bucket(window: Window) -> Iterator[Row]:
    """Yield how many accepted connections ended in each bucket, by endpoint and cause."""
    rows = traffic().filter(closed_at__gte=window.began, accepted_at__isnull=False)
    return bucketed(rows, "closed_at", window, "endpoint", "cause")


def bucketed(rows: QuerySet[Connection], column: str, window: Window, *names: str) -> Iterator[Row]:
    """Yield counts by bucket of a timestamp column and the named columns."""
    slot = (Epoch(column) - window.start) / window.bucket
    counted = rows.annotate(slot=slot).values("slot", *names).annotate(count=Count("id")).order_by()
    for row in counted:
        yield {**row, "slot": min(int(row["slot"]), window.count - 1)}


def open_series(window: Window, closes: list[Row]) -> dict[str, list[int]]:
    """Return how many connections were open at the end of each bucket, by endpoint."""
    changes: Changes = Counter()
    accepted = traffic().filter(accepted_at__gte=window.began)
    for row in bucketed(accepted, "accepted_at", window, "endpoint"):
        changes[row["endpoint"], row["slot"]] += row["count"]
    for row in closes:
        changes[row["endpoint"], row["slot"]] -= row["count"]
    before = open_now()
    for (name, _), change in changes.items():
        before[name] -= change
    names = sorted({*before, *(name for name, _ in changes)})
    return {name: running_total(before[name], name, changes, window.count) for name in names}


def running_total(start: int, name: str, changes: Changes, count: int) -> list[int]:
    """Return a level after each bucket's change to it."""
    levels = []
    for slot in range(count):
        start += changes[name, slot]
        levels.append(start)
    return levels


def open_now() -> Counter[str]:
    """Return how many connections are open, by endpoint; the changes since then tell what was open before."""
    rows = traffic().filter(state=Connection.State.OPEN, accepted_at__isnull=False)
    counted = rows.values("endpoint").annotate(count=Count("id")).order_by()
    return Counter({row["endpoint"]: row["count"] for row in counted})


def close_series(window: Window, closes: list[Row]) -> dict[str, list[int]]:
    """Return how many connections ended in each bucket, by cause."""
    series: dict[str, list[int]] = {}
    for row in closes:
        series.setdefault(row["cause"], [0] * window.count)[row["slot"]] += row["count"]
    return {cause: series[cause] for cause in sorted(series, key=place_of)}


def place_of(cause: str) -> tuple[int, str]:
    """Return the sort key of a cause: causes of this release in their own order, then all others by name."""
    return ORDER.get(cause, len(ORDER)), cause


def marks(window: Window) -> Iterator[ProcessMark]:
    """Yield the starts and ends of server processes."""
    for process in ServerProcess.objects.filter(started_at__gte=window.began).order_by("-started_at")[
        :MARKS_LIMIT
    ]:
        yield mark(process, "start", process.started_at)
    for process in ServerProcess.objects.filter(ended_at__gte=window.began).order_by("-ended_at")[:MARKS_LIMIT]:
        kind: MarkKind = "lost" if process.end == ServerProcess.End.LOST else "stop"
        yield mark(process, kind, process.ended_at or window.began)


def mark(process: ServerProcess, kind: MarkKind, at: datetime) -> ProcessMark:
    """Return one start or end as plain data."""
    return {"at": at.timestamp(), "kind": kind, "process": str(process), "release": process.release}


def ends_by_code(window: Window) -> list[EndGroup]:
    """Return the ends and refusals of the window by code and cause, largest group first."""
    rows = traffic().filter(closed_at__gte=window.began).annotate(refusal=REFUSAL)
    counted = rows.values("close_code", "cause", "initiator", "state", "refusal").annotate(count=Count("id"))
    groups: list[Row] = [{**row} for row in counted.order_by("-count", "cause")]
    total = sum(row["count"] for row in groups) or 1
    return [end_group(row, row["count"] / total) for row in groups[:ENDS_LIMIT]]


def end_group(row: Row, share: float) -> EndGroup:
    """Return one group of ends; ``share`` is its part of all ends in the window."""
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
