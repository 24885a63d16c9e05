"""Computes the rollups of minutes from their rows, of hours from their minutes, and of days from their hours.

A rollup is computed anew from all rows of its period, so computing it twice changes nothing. The rows are read
before the transaction that replaces the rollups. If a writer changes rows of a minute in the meantime, the mark of
that minute gets a new stamp, is therefore not removed, and the minute is computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import transaction

from lifecycle.database import record_database
from lifecycle.history import rows, stored
from lifecycle.history.marginals import Marginals, by_minute, merged
from lifecycle.history.periods import DAY, HOUR, MINUTE, floor, runs
from lifecycle.models import ChangedMinute, RollupProgress

#: The stamps of the marks of minutes, by the start of the minute and the writer.
Marks = Mapping[tuple[int, UUID], UUID]


def roll(hour: int, minutes: Collection[int], progress: RollupProgress, minutes_since: int) -> None:
    """Compute the rollups of minutes of one hour, and of that hour and its day if ``progress`` covers them.

    Then save ``progress`` and remove the marks of the minutes. Minutes before ``minutes_since`` have been pruned,
    so the rollup of their hour is computed from rows.
    """
    are_kept = hour >= minutes_since
    wanted = minutes if are_kept else range(hour, hour + HOUR, MINUTE)
    marks = marks_of(wanted)
    computed = minutes_from_rows(wanted)
    with transaction.atomic(using=record_database()):
        if are_kept:
            stored.replace(MINUTE, computed)
            combine_if_covered(MINUTE, HOUR, hour, progress)
        else:
            stored.replace(HOUR, {hour: merged(computed.values())})
        combine_if_covered(HOUR, DAY, floor(hour, DAY), progress)
        progress.save()
        remove(marks)


def minutes_from_rows(minutes: Iterable[int]) -> dict[int, Marginals]:
    """Return the counts of minutes, computed from their rows; a minute without rows gets empty counts."""
    found: dict[int, Marginals] = {}
    for start, end in runs(minutes):
        computed = by_minute(rows.accepts(start, end), rows.ends(start, end), rows.unstored(start, end))
        found |= {minute: computed.get(minute) or Marginals() for minute in range(start, end, MINUTE)}
    return found


def combine_if_covered(shorter: int, step: int, start: int, progress: RollupProgress) -> None:
    """Compute a rollup from the shorter rollups in it, if all of them exist."""
    if progress.since <= start and start + step <= progress.until:
        stored.replace(step, {start: merged(stored.read(shorter, start, start + step).values())})


def marks_of(minutes: Collection[int]) -> Marks:
    """Return the marks of minutes."""
    found = ChangedMinute.objects.filter(start__gte=min(minutes), start__lte=max(minutes))
    marks = {(mark.start, mark.writer): mark.stamp for mark in found}
    return {key: stamp for key, stamp in marks.items() if key[0] in minutes}


def remove(marks: Marks) -> None:
    """Remove marks, except those that have been renewed."""
    for (start, writer), stamp in marks.items():
        ChangedMinute.objects.filter(start=start, writer=writer, stamp=stamp).delete()
