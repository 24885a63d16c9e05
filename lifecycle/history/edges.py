"""The buckets of the histograms in rollups, and their form in the database. Pure functions.

A histogram is a ``Counter`` of observations by bucket. Bucket ``i`` contains the values up to ``edges[i]`` seconds
that are above ``edges[i - 1]``; one more bucket contains the rest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

#: Edges of durations and silences in seconds. Common timeouts (30, 60, 75, ... s) lie inside narrow buckets.
DURATION_EDGES = (
    0.1, 0.25, 0.5, 1, 2, 5, 9, 11, 14, 16, 19, 21, 24, 26, 29, 31, 39, 41, 44, 46, 49, 51, 54, 56, 59, 61, 74, 76,
    89, 91, 99, 101, 119, 121, 150, 179, 181, 239, 241, 299, 301, 450, 599, 601, 899, 901, 1799, 1801, 2700, 3599,
    3601, 5400, 7199, 7201, 14400, 28800, 43200, 86399, 86401,
)  # fmt: skip
#: Edges of the durations of handshakes in seconds.
HANDSHAKE_EDGES = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 20, 30, 60,
)  # fmt: skip

#: The number of observations by bucket.
Histogram = Counter[int]


def bucket_of(edges: Sequence[float], seconds: float) -> int:
    """Return the bucket of a value. As in Prometheus, a bucket includes values equal to its upper edge."""
    return bisect_left(edges, seconds)


def encode(histogram: Histogram) -> str:
    """Return the text that the database stores: ``bucket:count`` pairs, separated by spaces."""
    return " ".join(f"{bucket}:{count}" for bucket, count in sorted(histogram.items()))


def decode(text: str) -> Histogram:
    """Return the histogram of a text from the database."""
    pairs = (pair.split(":") for pair in text.split())
    return Counter({int(bucket): int(count) for bucket, count in pairs})


def quantile(edges: Sequence[float], histogram: Histogram, share: float) -> float | None:
    """Return an estimate of a quantile in seconds; ``share`` is 0 to 1. ``None`` if there are no observations.

    As in Prometheus (``histogram_quantile``), values are assumed to be spread evenly within a bucket, and a
    quantile in the last bucket is the last edge.
    """
    rank = share * histogram.total()
    for bucket, count in sorted(histogram.items()):
        if rank <= count:
            if bucket == len(edges):
                return edges[-1]
            lower = edges[bucket - 1] if bucket else 0.0
            return lower + (edges[bucket] - lower) * rank / count
        rank -= count
    return None
