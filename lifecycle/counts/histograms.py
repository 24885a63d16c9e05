"""Histograms of durations, with the bucket rules of Prometheus. No I/O and no clock."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

HANDSHAKE_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: Common timeouts (30, 60, 100, ... s) have their own buckets: edges lie just below and just above each timeout.
DURATION_EDGES = (1.0, 5.0, 29.0, 31.0, 59.0, 61.0, 99.0, 101.0, 299.0, 301.0, 599.0, 601.0,
                  3599.0, 3601.0, 7199.0, 7201.0, 86399.0, 86401.0)  # fmt: skip
RTT_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """The number of observations in each bucket, and the sum of all observations in seconds."""

    __slots__ = ("counts", "edges", "total")

    def __init__(self, edges: Sequence[float]) -> None:
        """Set the upper bounds of the buckets, ascending and in seconds; one more bucket has none."""
        self.edges = edges
        self.counts = [0] * (len(edges) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one observation. As in Prometheus, a bucket includes values equal to its upper bound."""
        self.counts[bisect_left(self.edges, seconds)] += 1
        self.total += seconds

    def copy(self) -> Histogram:
        """Return a copy that later observations do not change."""
        twin = Histogram(self.edges)
        twin.counts, twin.total = self.counts.copy(), self.total
        return twin
