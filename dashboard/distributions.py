"""The distributions of durations and handshakes in a window, and the highest number of open connections."""

from __future__ import annotations

from collections.abc import Sequence

from lifecycle.history.edges import DURATION_EDGES, HANDSHAKE_EDGES, Histogram, quantile
from lifecycle.history.measures import Measures
from lifecycle.history.reads import Reader
from lifecycle.history.windows import Window

from .contract import Distribution, Distributions, Peak, SecondsBucket


def distributions(reader: Reader, window: Window, open_before: int) -> Distributions:
    """Return the distributions of a window; ``open_before`` connections were open at its start."""
    whole, peak = Measures(), Peak(open=open_before, at=window.start)
    for start, period in reader.measures(window):
        highest = open_before + whole.net + period.rise
        if highest > peak["open"]:
            peak = Peak(open=highest, at=start)
        whole.add_later(period)
    return {
        "peak": peak,
        "durations": distribution(DURATION_EDGES, whole.durations),
        "silences": distribution(DURATION_EDGES, whole.silences),
        "handshakes": distribution(HANDSHAKE_EDGES, whole.handshakes),
    }


def distribution(edges: Sequence[float], histogram: Histogram) -> Distribution:
    """Return a histogram and its quantiles."""
    return {
        "buckets": [seconds_bucket(edges, bucket, count) for bucket, count in sorted(histogram.items())],
        "count": histogram.total(),
        "p50": quantile(edges, histogram, 0.5),
        "p95": quantile(edges, histogram, 0.95),
        "p99": quantile(edges, histogram, 0.99),
    }


def seconds_bucket(edges: Sequence[float], bucket: int, count: int) -> SecondsBucket:
    """Return a bucket with its edges."""
    return {
        "lower": edges[bucket - 1] if bucket else 0.0,
        "upper": edges[bucket] if bucket < len(edges) else None,
        "count": count,
    }
