"""Keeps the rollups up to date; done by one process of the cluster at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from lifecycle import conf
from lifecycle.history import retention, rollup, rows
from lifecycle.history.periods import DAY, HOUR, MINUTE, by_hour, ceil, floor
from lifecycle.models import ChangedMinute, RollupProgress
from lifecycle.server import leases

LEASE = "history"
LEASE_SECONDS = 60.0
#: A minute is rolled up this many seconds after its end, when most of its rows have been written.
SETTLE_SECONDS = 5
#: The number of hours whose changed minutes are computed again in one pass.
CHANGED_HOURS = 24
#: For how long one pass deletes old rows.
PRUNE_SECONDS = 2.0

#: Called after each hour of the past that was rolled up, with the start of that hour.
Notify = Callable[[int], None]


def keep_up(holder: UUID, now: float | None = None) -> bool:
    """Do one pass of the upkeep; return whether ``holder`` has the lease, without which nothing is done."""
    if not leases.hold(LEASE, holder, LEASE_SECONDS):
        return False
    now = time.time() if now is None else now
    progress = advance(current(now), now)
    roll_changed(progress, now)
    if not extend_back(progress, now) and is_complete(progress):
        retention.prune(progress, now, PRUNE_SECONDS)
    return True


def current(now: float) -> RollupProgress:
    """Return the progress; a new record starts with the hour of ``now``."""
    start = floor(now, HOUR)
    return RollupProgress.objects.get_or_create(id=1, defaults={"since": start, "until": start})[0]


def advance(progress: RollupProgress, now: float) -> RollupProgress:
    """Roll up the minutes that have ended since the last pass."""
    limit = floor(now - SETTLE_SECONDS, MINUTE)
    for hour, minutes in by_hour(range(progress.until, limit, MINUTE)).items():
        progress.until = minutes[-1] + MINUTE
        rollup.roll(hour, minutes, progress, minutes_kept_since(now))
    return progress


def roll_changed(progress: RollupProgress, now: float) -> None:
    """Roll up again the minutes whose rows have changed since, the latest hours first.

    Minutes before ``pruned_until`` are left as they are, because some of their rows are missing.
    """
    marked = ChangedMinute.objects.filter(start__lt=progress.until)
    marked.filter(start__lt=progress.pruned_until).delete()
    starts = marked.filter(start__gte=progress.since).values_list("start", flat=True).distinct()
    hours = by_hour(starts)
    for hour in sorted(hours, reverse=True)[:CHANGED_HOURS]:
        rollup.roll(hour, hours[hour], progress, minutes_kept_since(now))


def extend_back(progress: RollupProgress, now: float, hours: int = 1, notify: Notify | None = None) -> bool:
    """Roll up to ``hours`` hours before ``since``; return whether the day of the oldest row is not reached yet."""
    for _ in range(hours):
        if is_complete(progress):
            return False
        progress.since = hour = floor(progress.since - 1, HOUR)
        rollup.roll(hour, range(hour, hour + HOUR, MINUTE), progress, minutes_kept_since(now))
        if notify:
            notify(hour)
    return True


def is_complete(progress: RollupProgress) -> bool:
    """Return whether rollups exist since the day of the oldest row."""
    oldest = rows.oldest()
    return oldest is None or floor(min(oldest, progress.since), DAY) == progress.since


def minutes_kept_since(now: float) -> int:
    """Return the start of the first hour whose minutes are kept."""
    return ceil(now - conf.get("MINUTES_DAYS") * DAY, HOUR)
