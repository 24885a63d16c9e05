"""Which rollups cover a window."""

from __future__ import annotations

import pytest

from lifecycle.history.periods import DAY, HOUR, MINUTE, ROWS, by_hour, cover, runs

NOW = 100 * DAY + 5 * HOUR + 17 * MINUTE + 12
#: Rollups exist since the start of a day and until 12 seconds ago.
SINCE, UNTIL = 90 * DAY, 100 * DAY + 5 * HOUR + 17 * MINUTE

CASES = {
    "last minutes": (
        (NOW - 130, NOW),
        [(ROWS, NOW - 130, UNTIL - 60), (MINUTE, UNTIL - 60, UNTIL), (ROWS, UNTIL, NOW)],
    ),
    "hours": (
        (UNTIL - 2 * HOUR, UNTIL),
        [
            (MINUTE, UNTIL - 2 * HOUR, 100 * DAY + 4 * HOUR),
            (HOUR, 100 * DAY + 4 * HOUR, 100 * DAY + 5 * HOUR),
            (MINUTE, 100 * DAY + 5 * HOUR, UNTIL),
        ],
    ),
    "days": (
        (97 * DAY - HOUR, 100 * DAY + HOUR),
        [
            (HOUR, 97 * DAY - HOUR, 97 * DAY),
            (DAY, 97 * DAY, 100 * DAY),
            (HOUR, 100 * DAY, 100 * DAY + HOUR),
        ],
    ),
    "before all rollups": ((80 * DAY, 81 * DAY), [(ROWS, 80 * DAY, 81 * DAY)]),
    "start before all rollups": ((89 * DAY, 91 * DAY), [(ROWS, 89 * DAY, 90 * DAY), (DAY, 90 * DAY, 91 * DAY)]),
    "after all rollups": ((UNTIL, NOW), [(ROWS, UNTIL, NOW)]),
    "empty": ((NOW, NOW), []),
}


@pytest.mark.parametrize(("window", "stretches"), CASES.values(), ids=CASES)
def test_cover__uses_the_longest_periods(window: tuple[int, int], stretches: list[tuple[int, int, int]]) -> None:
    assert list(cover(*window, SINCE, UNTIL)) == stretches


@pytest.mark.parametrize("longest", [10, MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY])
@pytest.mark.parametrize("length", [1, 59, 61, HOUR + 7, DAY + 1, 12 * DAY + 3])
def test_cover__has_neither_gaps_nor_overlaps(longest: int, length: int) -> None:
    stretches = list(cover(NOW - length, NOW, SINCE, UNTIL, longest))
    assert (stretches[0].start, stretches[-1].end) == (NOW - length, NOW)
    assert [stretch.end for stretch in stretches[:-1]] == [stretch.start for stretch in stretches[1:]]
    for step, start, end in stretches:
        assert step <= longest
        assert step == ROWS or (start % step, end % step, start >= SINCE, end <= UNTIL) == (0, 0, True, True)


def test_runs__join_consecutive_minutes() -> None:
    assert runs([300, 60, 120, 180, 420]) == [(60, 240), (300, 360), (420, 480)]


def test_by_hour__groups_minutes() -> None:
    assert by_hour([7200, 3660, 3600]) == {3600: [3600, 3660], 7200: [7200]}
