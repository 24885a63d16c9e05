"""Limits what the reports of client pages may cost one process. No I/O and no clock.

Anybody who may open the status socket can send reports. So both the bytes per second and the share of the spool
that reports may use are limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable

#: How many seconds' worth of reports may arrive at once. If all pages reconnect after a restart, each sends a
#: ``hello`` of about 300 bytes: 48 KiB per second are enough for 3,000 pages at once.
BURST_SECONDS = 32
#: Added to the size of each report: what its row costs in the database besides the report itself.
ROW_BYTES = 200
#: The share of the spool that reports may fill. The same share at the end of the spool is kept free of reports.
SPOOL_SHARE = 0.1


class TokenBucket:
    """A token bucket that holds at most ``capacity`` tokens and gains ``rate`` tokens per second."""

    __slots__ = ("at", "capacity", "left", "rate")

    def __init__(self, rate: float, capacity: float, now: float) -> None:
        self.rate, self.capacity, self.left, self.at = rate, capacity, capacity, now

    def take(self, amount: float, now: float) -> bool:
        """Use up an amount; if less is left, use up nothing and return ``False``."""
        self.left = min(self.capacity, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < amount:
            return False
        self.left -= amount
        return True


class SpoolShare:
    """The bytes of reports in the spool, by segment."""

    def __init__(self) -> None:
        self.sizes: Counter[Hashable] = Counter()
        self.total = 0

    def fits(self, size: int, limit: float, waiting: Container[Hashable]) -> bool:
        """Return whether ``size`` more bytes fit into ``limit``; ``waiting`` are the segments in the spool."""
        if self.total + size > limit:
            self.sizes = Counter({segment: size for segment, size in self.sizes.items() if segment in waiting})
            self.total = self.sizes.total()
        return self.total + size <= limit

    def add(self, segment: Hashable, size: int) -> None:
        """Count a report that was appended to a segment."""
        self.sizes[segment] += size
        self.total += size
