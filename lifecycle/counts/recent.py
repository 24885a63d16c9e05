"""What happened in a stretch of time: the difference between the counts at its two ends. Pure.

Those are kept when the first event after a turn of the clock comes, so that an event costs no more than a look
at the clock.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from lifecycle.counts.endpoint_tally import EndpointTally, Totals, summed
from lifecycle.verdict.causes import is_abnormal

BUCKET_SECONDS = 10
#: Five minutes of abnormal ends, and the 15 minutes of the live page, are read from these buckets.
BUCKETS = 90
RATE_SECONDS = 10
NO_TOTALS: Totals = (0, 0, 0)


@dataclass(slots=True)
class Bucket:
    """What happened in ten seconds: the first of them since the epoch, what was open at their end, the ends."""

    at: int
    open: dict[str, int]
    closes: Counter[str]

    @property
    def abnormal(self) -> int:
        """Return how many of the ends an operator should look at."""
        return sum(count for cause, count in self.closes.items() if is_abnormal(cause))


class Periods:
    """The last seconds and buckets of a process; whoever calls holds the lock of the counts."""

    def __init__(self, endpoints: Mapping[str, EndpointTally]) -> None:
        """Begin with no history of ``endpoints``, which are read, and belong to the caller."""
        self.endpoints = endpoints
        #: The first moment of the next second; what comes before it changes nothing here.
        self.next_second = 0.0
        #: The totals at the beginning of the last seconds in which anything happened.
        self.seconds: deque[tuple[int, dict[str, Totals]]] = deque(maxlen=RATE_SECONDS + 2)
        self.bucket_at = 0
        #: All ends by cause when the bucket that still fills began.
        self.closes_before: Counter[str] = Counter()
        self.buckets: deque[Bucket] = deque(maxlen=BUCKETS - 1)

    def turn(self, now: float) -> None:
        """Keep the counts as they are when the second of ``now`` begins (seconds since the epoch)."""
        second = int(now)
        self.next_second = second + 1.0
        self.seconds.append((second, self.totals()))
        at = second // BUCKET_SECONDS * BUCKET_SECONDS
        if at != self.bucket_at:
            if self.bucket_at:
                self.buckets.append(self.filling())
            self.bucket_at, self.closes_before = at, self.closes()

    def turn_for_reader(self, now: float) -> None:
        """Turn to the time of a reader; where the system's clock was set back, begin anew."""
        if now < self.next_second - 1 - BUCKET_SECONDS:
            self.seconds.clear()
            self.buckets.clear()
            self.bucket_at = 0
            self.turn(now)
        elif now >= self.next_second:
            self.turn(now)

    def totals(self) -> dict[str, Totals]:
        """Return the totals of each endpoint."""
        return {one.label: one.totals for one in self.endpoints.values()}

    def totals_at(self, second: int) -> dict[str, Totals]:
        """Return the totals of each endpoint when a second began."""
        for at, totals in self.seconds:
            if at >= second:
                return totals
        return self.totals()

    def closes(self) -> Counter[str]:
        """Return all ends by cause."""
        traffic = (one for one in self.endpoints.values() if not one.internal)
        return summed((cause, count) for one in traffic for (_, cause), count in one.ends.items())

    def filling(self) -> Bucket:
        """Return the bucket that still fills."""
        open_now = {one.label: one.open for one in self.endpoints.values() if not one.internal}
        return Bucket(self.bucket_at, open_now, self.closes() - self.closes_before)

    def rates(self, now: float) -> dict[str, tuple[float, float, float]]:
        """Return connects, closes and refusals a second of each endpoint, over the last ten whole seconds."""
        self.turn_for_reader(now)
        before, after = self.totals_at(int(now) - RATE_SECONDS), self.totals_at(int(now))
        grown = {name: growth(totals, before.get(name, NO_TOTALS)) for name, totals in after.items()}
        return {name: rates for name, rates in grown.items() if any(rates)}

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return the buckets of the last ``seconds``; the last of them still fills."""
        self.turn_for_reader(now)
        every = (*self.buckets, self.filling())
        return [one for one in every if one.at + BUCKET_SECONDS > now - seconds]


def growth(after: Totals, before: Totals) -> tuple[float, float, float]:
    """Return by how much totals have grown a second, in ``RATE_SECONDS``."""
    opened, closed, rejected = ((new - old) / RATE_SECONDS for new, old in zip(after, before, strict=True))
    return opened, closed, rejected
