"""Fills and measures one database for ``history_ranges``: ``python -m benchmarks.history_rows ROWS READS``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from uuid import UUID

from django.core.management import call_command
from django.db import connection

from benchmarks.query_plan_rows import fill  # sets up Django
from dashboard import history
from lifecycle.history import building
from lifecycle.history.stored import TABLES
from lifecycle.history.windows import RANGES, Window
from lifecycle.models import RollupProgress
from lifecycle.server.identity import Identity


def milliseconds(name: str, reads: int) -> list[float]:
    """Read a range some times; return the durations in ascending order."""
    found = []
    for _ in range(reads):
        now, began = time.time(), time.perf_counter()
        history.read(Window.of(name, now), now, name)
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def measured(reads: int, since: int, until: int) -> Iterator[dict[str, float | str]]:
    """Yield the figures of each range."""
    progress = RollupProgress.objects.filter(id=1)
    for name in RANGES:
        milliseconds(name, 1)
        rolled = milliseconds(name, reads)
        # Without rollups, everything is read from rows.
        progress.delete()
        from_rows = milliseconds(name, 2)
        RollupProgress.objects.create(since=since, until=until)
        yield {
            "range": name,
            "p50": rolled[len(rolled) // 2],
            "p95": rolled[min(len(rolled) - 1, int(len(rolled) * 0.95))],
            "rows": from_rows[0],
        }


def main() -> None:
    """Fill the database, build the rollups, measure each range, and print the figures as JSON."""
    call_command("migrate", verbosity=0)
    fill(int(sys.argv[1]), time.time())
    began = time.perf_counter()
    building.build(UUID(Identity().id), lambda done: None)
    seconds = time.perf_counter() - began
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    progress = RollupProgress.objects.get()
    ranges = list(measured(int(sys.argv[2]), progress.since, progress.until))
    number = sum(table._default_manager.count() for table in TABLES)
    print(json.dumps({"build_s": seconds, "rollup_rows": number, "ranges": ranges}))


if __name__ == "__main__":
    main()
