"""Durations read as people say them."""

from __future__ import annotations

import pytest

from lifecycle.durations import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 ms"),
        (0, "0 ms"),
        (0.0123, "12 ms"),
        (0.9999, "999 ms"),
        (1, "1.0 s"),
        (3.27, "3.2 s"),
        (9.99, "9.9 s"),
        (42.9, "42 s"),
        (59.99, "59 s"),
        (60, "1 min 0 s"),
        (192, "3 min 12 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (86_399, "23 h 59 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_in_words__two_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
