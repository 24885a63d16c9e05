"""A token bucket that limits the rate of a client's frames."""

from __future__ import annotations

import time

#: The refill rate in frames per second, and the capacity in frames.
RATE, BURST = 50.0, 200.0


class Allowance:
    """The number of frames that a client may send now: at most ``BURST``, refilled at ``RATE`` per second."""

    __slots__ = ("at", "left")

    def __init__(self) -> None:
        self.left, self.at = BURST, time.monotonic()

    def take(self) -> bool:
        """Use up one frame of the allowance; return ``False`` if none was left."""
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * RATE)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
