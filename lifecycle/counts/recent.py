"""Rates per second and ten-second buckets, computed from saved counts. No I/O and no clock.

The counts are saved at the first event of each second. Every later event in that second costs only a comparison.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from lifecycle.counts.endpoint_tally import EndpointTally, Totals, summed
from lifecycle.verdict.causes import is_abnormal

BUCKET_SECONDS = 10
#: The number of buckets in 15 minutes, the shortest range of the live page.
BUCKETS = 90
RATE_SECONDS = 10
NO_TOTALS: Totals = (0, 0, 0)


@dataclass(slots=True)
class Bucket:
    """The counts of ten seconds.

    ``at`` is the time at which the bucket starts, in seconds since the epoch. ``open`` contains the number of
    connections that are open when the bucket ends, by endpoint. ``closes`` contains the number of connections that
    ended in the bucket, by cause.
    """

    at: int
    open: dict[str, int]
    closes: Counter[str]

    @property
    def abnormal(self) -> int:
        """Return the number of abnormal ends."""
        return sum(count for cause, count in self.closes.items() if is_abnormal(cause))


class RecentCounts:
    """The saved counts of the latest seconds and buckets. Callers must hold the lock of ``Tally``."""

    def __init__(self, endpoints: Mapping[str, EndpointTally]) -> None:
        """Start without history. The owner of ``endpoints`` updates it; this object only reads it."""
        self.endpoints = endpoints
        #: Start of the next second. Events before that time need no call of ``turn``.
        self.next_second = 0.0
        #: The totals at the start of each of the latest seconds in which there was an event.
        self.seconds: deque[tuple[int, dict[str, Totals]]] = deque(maxlen=RATE_SECONDS + 2)
        self.bucket_at = 0
        #: The total number of ends by cause at the start of the current bucket.
        self.closes_before: Counter[str] = Counter()
        self.buckets: deque[Bucket] = deque(maxlen=BUCKETS - 1)

    def turn(self, now: float) -> None:
        """Save the counts at the start of a new second, and start a new bucket if needed.

        ``now`` is in seconds since the epoch.
        """
        second = int(now)
        self.next_second = second + 1.0
        self.seconds.append((second, self.totals()))
        at = second // BUCKET_SECONDS * BUCKET_SECONDS
        if at != self.bucket_at:
            if self.bucket_at:
                self.buckets.append(self.current_bucket())
            self.bucket_at, self.closes_before = at, self.closes()

    def turn_for_reader(self, now: float) -> None:
        """If a new second has started, call ``turn``; readers call this first.

        If the system clock was set back, discard the history.
        """
        if now < self.next_second - 1 - BUCKET_SECONDS:
            self.seconds.clear()
            self.buckets.clear()
            self.bucket_at = 0
            self.turn(now)
        elif now >= self.next_second:
            self.turn(now)

    def totals(self) -> dict[str, Totals]:
        """Return the current totals of each endpoint."""
        return {counts.label: counts.totals for counts in self.endpoints.values()}

    def totals_at(self, second: int) -> dict[str, Totals]:
        """Return the totals of each endpoint at the start of a second."""
        for at, totals in self.seconds:
            if at >= second:
                return totals
        return self.totals()

    def closes(self) -> Counter[str]:
        """Return the total number of connections that ended, by cause; internal endpoints are left out."""
        traffic = (counts for counts in self.endpoints.values() if not counts.internal)
        return summed((cause, count) for counts in traffic for (_, cause), count in counts.ends.items())

    def current_bucket(self) -> Bucket:
        """Return the current bucket, which is not complete yet."""
        open_now = {counts.label: counts.open for counts in self.endpoints.values() if not counts.internal}
        return Bucket(self.bucket_at, open_now, self.closes() - self.closes_before)

    def rates(self, now: float) -> dict[str, tuple[float, float, float]]:
        """Return the numbers of accepted, ended and refused connections per second, by endpoint.

        They are averages over the last ten whole seconds. Endpoints without events in this time are left out.
        """
        self.turn_for_reader(now)
        before, after = self.totals_at(int(now) - RATE_SECONDS), self.totals_at(int(now))
        grown = {name: growth(totals, before.get(name, NO_TOTALS)) for name, totals in after.items()}
        return {name: rates for name, rates in grown.items() if any(rates)}

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return the buckets of the last ``seconds``, oldest first; the current bucket is not complete yet."""
        self.turn_for_reader(now)
        buckets = (*self.buckets, self.current_bucket())
        return [bucket for bucket in buckets if bucket.at + BUCKET_SECONDS > now - seconds]


def growth(after: Totals, before: Totals) -> tuple[float, float, float]:
    """Return how much each total grew per second, on average over ``RATE_SECONDS``."""
    opened, closed, rejected = ((new - old) / RATE_SECONDS for new, old in zip(after, before, strict=True))
    return opened, closed, rejected
