"""The distributions of durations and handshakes in a window, and the highest number of open connections."""

from __future__ import annotations

from collections.abc import Sequence

from lifecycle.history.edges import DURATION_EDGES, HANDSHAKE_EDGES, Histogram, quantile
from lifecycle.history.measures import Measures
from lifecycle.history.reads import Reader
from lifecycle.history.windows import Window

from .contract import Distribution, Distributions, Peak


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
    """Return a histogram and its quantiles; buckets without observations are left out."""
    return {
        "buckets": [[*bounds(edges, bucket), count] for bucket, count in sorted(histogram.items())],
        "count": histogram.total(),
        "p50": quantile(edges, histogram, 0.5),
        "p95": quantile(edges, histogram, 0.95),
        "p99": quantile(edges, histogram, 0.99),
    }


def bounds(edges: Sequence[float], bucket: int) -> tuple[float, float | None]:
    """Return the lower and the upper edge of a bucket in seconds; the last bucket has no upper edge."""
    return edges[bucket - 1] if bucket else 0.0, edges[bucket] if bucket < len(edges) else None
