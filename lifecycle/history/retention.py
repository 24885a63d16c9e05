"""Deletes old rows and rollups in small steps, so that the writer never waits long for the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections, models

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.history.periods import DAY, HOUR, MINUTE, ceil, floor
from lifecycle.history.rows import moment
from lifecycle.history.stored import TABLES
from lifecycle.models import ClientReport, Connection, RollupProgress, UnstoredRefusals

#: Rows per step. SQLite allows one writer at a time, so its steps are smaller.
ROWS_PER_STEP = {"sqlite": 200}
DEFAULT_ROWS_PER_STEP = 1000
#: After each step, nothing is deleted for as many times its duration.
PAUSES = 2.0

Rows = models.QuerySet[Any]


def prune(progress: RollupProgress, now: float, seconds: float) -> int:
    """Delete what is older than the settings allow, for about ``seconds``; return the number of rows deleted.

    Rows are only deleted once rollups count them. ``progress.pruned_until`` is saved first: from then on, nothing
    before that time is computed from rows.
    """
    until = floor(min(now - refusals_seconds(), progress.until), HOUR)
    if until > progress.pruned_until:
        progress.pruned_until = until
        progress.save(update_fields=["pruned_until"])
    deadline = time.monotonic() + seconds
    return sum(delete(rows, deadline, time.sleep) for rows in prunable(progress, now))


def refusals_seconds() -> int:
    """Return for how long the first rows to be deleted are kept."""
    return min(conf.get("REPORTS_DAYS"), conf.get("ROWS_DAYS")) * DAY


def prunable(progress: RollupProgress, now: float) -> Iterator[Rows]:
    """Yield the rows to delete, table by table."""
    ended = Connection.objects.exclude(state=Connection.State.OPEN)
    refused = ended.filter(state=Connection.State.REJECTED)
    yield ended.filter(closed_at__lt=limit(now, "ROWS_DAYS", progress)).order_by("closed_at")
    yield refused.filter(closed_at__lt=limit(now, "REPORTS_DAYS", progress)).order_by("closed_at")
    reports_until = now - conf.get("REPORTS_DAYS") * DAY
    yield ClientReport.objects.filter(id__lt=first_id(reports_until)).order_by("id")
    yield UnstoredRefusals.objects.filter(start__lt=progress.pruned_until).order_by("start")
    for table in TABLES:
        for step, days in ((MINUTE, "MINUTES_DAYS"), (HOUR, "HOURS_DAYS")):
            rollups_until = ceil(now - conf.get(days) * DAY, DAY if step == HOUR else HOUR)
            yield table._default_manager.filter(step=step, start__lt=rollups_until).order_by("start")


def limit(now: float, days: str, progress: RollupProgress) -> datetime:
    """Return the time before which rows may be deleted, for a setting in days."""
    return moment(min(now - conf.get(days) * DAY, progress.pruned_until))


def first_id(time_: float) -> UUID:
    """Return the lowest time-ordered ID of a time (RFC 9562, version 7)."""
    return UUID(int=int(time_ * 1000) << 80)


def delete(rows: Rows, deadline: float, pause: Callable[[float], None]) -> int:
    """Delete rows in steps until none is left or the deadline on the monotonic clock has passed."""
    size = ROWS_PER_STEP.get(connections[record_database()].vendor, DEFAULT_ROWS_PER_STEP)
    deleted = 0
    while (began := time.monotonic()) < deadline:
        keys = list(rows.values_list("pk", flat=True)[:size])
        if keys:
            rows.model._default_manager.filter(pk__in=keys).delete()
            deleted += len(keys)
        if len(keys) < size:
            break
        pause(PAUSES * (time.monotonic() - began))
    return deleted
