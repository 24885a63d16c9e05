"""Histograms of rollups: buckets, their form in the database, and quantiles."""

from __future__ import annotations

from collections import Counter

import pytest

from lifecycle.history.edges import DURATION_EDGES, HANDSHAKE_EDGES, bucket_of, decode, encode, quantile


@pytest.mark.parametrize("edges", [DURATION_EDGES, HANDSHAKE_EDGES])
def test_edges__ascend(edges: tuple[float, ...]) -> None:
    assert list(edges) == sorted(set(edges))


@pytest.mark.parametrize("seconds", [30, 60, 75, 100, 300, 600, 900, 1800, 3600, 7200, 86_400])
def test_duration_edges__common_timeouts_have_narrow_buckets(seconds: int) -> None:
    bucket = bucket_of(DURATION_EDGES, seconds)
    assert (DURATION_EDGES[bucket - 1], DURATION_EDGES[bucket]) == (seconds - 1, seconds + 1)


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(-5.0, 0), (0.0, 0), (0.1, 0), (0.11, 1), (86_401, 58), (86_402, 59), (1e9, 59)]
)
def test_bucket_of__upper_edge_is_included(seconds: float, bucket: int) -> None:
    assert bucket_of(DURATION_EDGES, seconds) == bucket


@pytest.mark.parametrize("histogram", [{}, {0: 1}, {3: 7, 12: 100_000, 59: 2}])
def test_encode__is_undone_by_decode(histogram: dict[int, int]) -> None:
    assert decode(encode(Counter(histogram))) == Counter(histogram)


@pytest.mark.parametrize(
    ("histogram", "share", "seconds"),
    [
        ({}, 0.5, None),
        ({0: 10}, 0.5, 0.5),
        ({1: 10}, 0.5, 1.5),
        ({0: 5, 1: 5}, 0.5, 1.0),
        ({0: 9, 2: 1}, 0.95, 3.0),
        ({0: 1, 3: 99}, 0.95, 4.0),
    ],
)
def test_quantile__is_interpolated_within_a_bucket(
    histogram: dict[int, int], share: float, seconds: float | None
) -> None:
    assert quantile((1.0, 2.0, 4.0), Counter(histogram), share) == seconds
