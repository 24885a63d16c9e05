"""The time ranges that a user can select on the page, such as the last hour, and windows of any other length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lifecycle.history.periods import DAY, HOUR, MINUTE, ceil, floor

#: The ranges that the page offers, by name: their lengths in seconds.
RANGES = {
    "15m": 15 * MINUTE,
    "1h": HOUR,
    "6h": 6 * HOUR,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "90d": 90 * DAY,
}
#: The possible lengths of a bucket in seconds.
BUCKETS = (10, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
#: The maximum number of complete buckets in a window. One more bucket may be incomplete.
MOST_BUCKETS = 168
LONGEST = 10 * 366 * DAY


@dataclass(frozen=True, slots=True)
class Window:
    """A period divided into buckets. The last bucket may be incomplete. Times are Unix times in seconds."""

    start: int
    bucket: int
    count: int

    @classmethod
    def of(cls, name: str, now: float) -> Window:
        """Return the window of a range that ends at ``now``; raises ``KeyError`` for an unknown range."""
        bucket = bucket_for(RANGES[name])
        count = RANGES[name] // bucket
        return cls(floor(now, bucket) - (count - 1) * bucket, bucket, count)

    @classmethod
    def between(cls, start: float, end: float) -> Window:
        """Return the window that contains a time; its start and end are aligned to its buckets.

        Raises ``ValueError`` if the time is empty or longer than ten years.
        """
        if not 0 < end - start <= LONGEST:
            raise ValueError("the end must be after the start, and at most ten years later")
        bucket = bucket_for(end - start)
        first = floor(start, bucket)
        return cls(first, bucket, max(1, (ceil(end, bucket) - first) // bucket))

    def before(self) -> Window:
        """Return the window of the same length that ends where this one starts."""
        return Window(self.start - self.count * self.bucket, self.bucket, self.count)

    @property
    def end(self) -> int:
        """Return the end of the last bucket, which may be in the future."""
        return self.start + self.count * self.bucket

    def slot(self, time: int) -> int:
        """Return the position of the bucket that contains a time."""
        return min((time - self.start) // self.bucket, self.count - 1)

    @property
    def times(self) -> list[int]:
        """Return the start of each bucket."""
        return [self.start + number * self.bucket for number in range(self.count)]

    @property
    def began(self) -> datetime:
        """Return the start of the window as a datetime."""
        return datetime.fromtimestamp(self.start, UTC)

    @property
    def ended(self) -> datetime:
        """Return the end of the window as a datetime."""
        return datetime.fromtimestamp(self.end, UTC)


def bucket_for(seconds: float) -> int:
    """Return the shortest bucket with which a window of this length has at most ``MOST_BUCKETS`` buckets."""
    return next((bucket for bucket in BUCKETS if seconds / bucket <= MOST_BUCKETS), BUCKETS[-1])
