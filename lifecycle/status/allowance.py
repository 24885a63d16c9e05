"""A token bucket that limits the rate of a client's frames."""

from __future__ import annotations

import time

from lifecycle.counts.report_limits import TokenBucket

#: The refill rate in frames per second, and the capacity in frames.
RATE, BURST = 50.0, 200.0


class Allowance:
    """The number of frames that a client may send now: at most ``BURST``, refilled at ``RATE`` per second."""

    __slots__ = ("bucket",)

    def __init__(self) -> None:
        self.bucket = TokenBucket(RATE, BURST, time.monotonic())

    def take(self) -> bool:
        """Use up one frame of the allowance; return ``False`` if none was left."""
        return self.bucket.take(1, time.monotonic())
