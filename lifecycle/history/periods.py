"""Periods of time: their alignment, and which rollups cover a stretch of time. Pure functions.

All times are Unix times in whole seconds. Days are days of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86_400
#: The lengths of the periods for which rollups exist, the longest first.
STEPS = (DAY, HOUR, MINUTE)
#: Stands for the rows themselves, which no rollup covers yet.
ROWS = 0


def floor(time: float, step: int) -> int:
    """Return the start of the period that contains a time."""
    return int(time // step) * step


def ceil(time: float, step: int) -> int:
    """Return the start of the first period that starts at or after a time."""
    return -floor(-time, step)


class Stretch(NamedTuple):
    """A part of a window, and the rollups to read for it: periods of ``step`` seconds, or ``ROWS``."""

    step: int
    start: int
    end: int


def cover(start: int, end: int, since: int, until: int, longest: int = DAY) -> Iterator[Stretch]:
    """Yield consecutive stretches that cover a window, with as few periods as possible.

    Rollups exist from ``since`` to ``until``, which are starts of minutes; the longer ones exist only for periods
    that lie completely in that time. Rows cover the rest. ``longest`` is the longest period to use.
    """
    middle_start, middle_end = max(start, ceil(since, MINUTE)), min(end, until)
    first, last = ceil(middle_start, MINUTE), floor(middle_end, MINUTE)
    if first >= last or longest < MINUTE:
        yield from stretch(ROWS, start, end)
        return
    yield from stretch(ROWS, start, first)
    yield from periods(first, last, [step for step in STEPS if step <= longest])
    yield from stretch(ROWS, last, end)


def periods(start: int, end: int, steps: list[int]) -> Iterator[Stretch]:
    """Yield stretches of rollups that cover a time between two starts of minutes; ``steps`` descends."""
    step, *shorter = steps
    first, last = ceil(start, step), floor(end, step)
    if not shorter:
        yield from stretch(step, start, end)
    elif first >= last:
        yield from periods(start, end, shorter)
    else:
        yield from periods(start, first, shorter)
        yield from stretch(step, first, last)
        yield from periods(last, end, shorter)


def stretch(step: int, start: int, end: int) -> Iterator[Stretch]:
    """Yield a stretch, if it is not empty."""
    if start < end:
        yield Stretch(step, start, end)


def by_hour(minutes: Iterable[int]) -> dict[int, list[int]]:
    """Return minutes by their hour, in ascending order."""
    hours: dict[int, list[int]] = {}
    for minute in sorted(minutes):
        hours.setdefault(floor(minute, HOUR), []).append(minute)
    return hours


def runs(minutes: Iterable[int]) -> list[tuple[int, int]]:
    """Return the start and end of each run of consecutive minutes."""
    found: list[tuple[int, int]] = []
    for minute in sorted(minutes):
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + MINUTE)
        else:
            found.append((minute, minute + MINUTE))
    return found
