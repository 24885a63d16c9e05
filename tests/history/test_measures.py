"""How the counts of consecutive periods add up."""

from __future__ import annotations

from collections import Counter

import pytest

from lifecycle.history.measures import Measures, rise_of, total


@pytest.mark.parametrize(
    ("changes", "rise"),
    [({}, 0), ({5: 3}, 3), ({5: -3}, 0), ({5: -3, 6: 2}, 0), ({5: 2, 6: -1, 7: 4, 8: -5}, 5), ({7: 1, 5: 1}, 2)],
)
def test_rise_of__is_the_largest_increase_since_the_start(changes: dict[int, int], rise: int) -> None:
    assert rise_of(changes) == rise


def test_total__adds_counts_and_histograms() -> None:
    first = Measures(opened=3, closed=1, refused=2, rise=3, durations=Counter({1: 1}))
    later = Measures(opened=1, closed=2, replaced=1, rise=1, durations=Counter({1: 1, 4: 1}))
    assert total([first, later]) == Measures(4, 3, 2, 1, 3, Counter({1: 2, 4: 1}))


@pytest.mark.parametrize(
    ("periods", "rise"),
    [
        ([(3, 0, 3), (2, 0, 2)], 5),
        ([(3, 3, 3), (2, 0, 2)], 3),
        ([(0, 4, 0), (3, 0, 3)], 0),
        ([(5, 4, 4), (3, 0, 3)], 4),
    ],
)
def test_total__rise_continues_from_the_level_of_the_earlier_periods(
    periods: list[tuple[int, int, int]], rise: int
) -> None:
    assert total(Measures(opened=opened, closed=closed, rise=top) for opened, closed, top in periods).rise == rise


def test_of_row__reads_what_columns_wrote() -> None:
    measures = Measures(4, 3, 2, 1, 3, Counter({1: 2}), Counter(), Counter({0: 4}))
    assert Measures.of_row([*measures.columns().values()]) == measures
