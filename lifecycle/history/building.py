"""Builds the rollups of all rows at once, and deletes all old rows at once, for the management commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from lifecycle.history import retention, rollup, rows, upkeep
from lifecycle.history.periods import DAY, HOUR, MINUTE, by_hour, floor
from lifecycle.models import RollupProgress
from lifecycle.server import leases

#: Seconds to wait for the lease of another process, which renews it every few seconds.
PATIENCE_SECONDS = 2 * upkeep.LEASE_SECONDS


class Busy(Exception):
    """Another process keeps the lease of the upkeep."""


class Done(NamedTuple):
    """How far the building of rollups has come: the number of hours, and the start of the last one."""

    hours: int
    of: int
    hour: int


def build(holder: UUID, notify: Callable[[Done], None], again: bool = False) -> int:
    """Build the rollups that are missing and return the number of hours; ``again`` also builds the existing ones.

    Raises ``Busy`` if a server process does not release the lease of the upkeep.
    """
    now = time.time()
    acquire(holder)
    try:
        progress = upkeep.advance(upkeep.current(now), now)
        upkeep.roll_changed(progress, now)
        repeated = rebuild(holder, progress, now, notify) if again else 0
        return repeated + extend(holder, progress, now, notify)
    finally:
        leases.release(upkeep.LEASE, holder)


def extend(holder: UUID, progress: RollupProgress, now: float, notify: Callable[[Done], None]) -> int:
    """Build the rollups before ``progress.since``; return the number of hours."""
    oldest = rows.oldest()
    hours = max(0, progress.since - floor(oldest, DAY)) // HOUR if oldest is not None else 0
    for number in range(1, hours + 1):
        acquire(holder)
        upkeep.extend_back(progress, now)
        notify(Done(number, hours, progress.since))
    return hours


def rebuild(holder: UUID, progress: RollupProgress, now: float, notify: Callable[[Done], None]) -> int:
    """Build existing rollups again, as far as no rows have been deleted; return the number of hours."""
    start = max(progress.since, progress.pruned_until)
    hours = by_hour(range(start, progress.until, MINUTE))
    for number, (hour, minutes) in enumerate(hours.items(), 1):
        acquire(holder)
        rollup.roll(hour, minutes, progress, upkeep.minutes_kept_since(now))
        notify(Done(number, len(hours), hour))
    return len(hours)


def prune(holder: UUID, notify: Callable[[int], None]) -> int:
    """Delete all rows and rollups that are older than the settings allow; return their number.

    The rollups of the rows are built first.
    """
    deleted = 0
    build(holder, lambda done: None)
    acquire(holder)
    try:
        progress = upkeep.current(time.time())
        while step := retention.prune(progress, time.time(), seconds=1.0):
            deleted += step
            notify(deleted)
            acquire(holder)
    finally:
        leases.release(upkeep.LEASE, holder)
    return deleted


def acquire(holder: UUID) -> None:
    """Acquire or renew the lease of the upkeep; raises ``Busy`` if another process keeps it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not leases.hold(upkeep.LEASE, holder, upkeep.LEASE_SECONDS):
        if time.monotonic() > deadline:
            raise Busy("another process keeps the lease; stop it or try again later")
        time.sleep(0.5)
