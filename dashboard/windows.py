"""The time ranges that a user can select on the page, such as the last hour, and the start and end of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Range:
    """The length of a range and of its buckets, in seconds."""

    seconds: int
    bucket: int


RANGES = {
    "15m": Range(15 * 60, 10),
    "1h": Range(3600, 60),
    "6h": Range(6 * 3600, 300),
    "24h": Range(24 * 3600, 900),
}


@dataclass(frozen=True, slots=True)
class Window:
    """A period divided into buckets. The last bucket is still incomplete. Times are Unix times in seconds."""

    name: str
    start: int
    bucket: int
    count: int

    @classmethod
    def of(cls, name: str, now: float) -> Window:
        """Return a window with the length of a range and its end at ``now``.

        Raises ``KeyError`` for an unknown range.
        """
        wanted = RANGES[name]
        count = wanted.seconds // wanted.bucket
        last = int(now) // wanted.bucket * wanted.bucket
        return cls(name, last - (count - 1) * wanted.bucket, wanted.bucket, count)

    @property
    def times(self) -> list[int]:
        """Return the start of each bucket."""
        return [self.start + number * self.bucket for number in range(self.count)]

    @property
    def began(self) -> datetime:
        """Return the start of the window as a datetime."""
        return datetime.fromtimestamp(self.start, UTC)
