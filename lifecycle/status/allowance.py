"""A token bucket that limits the rate of a client's frames."""

from __future__ import annotations

import time

#: Frames per second in the long run, and frames at once.
RATE, BURST = 50.0, 200.0


class Allowance:
    """How many frames a client may send now: at most ``BURST``, refilled with ``RATE`` per second."""

    __slots__ = ("at", "left")

    def __init__(self) -> None:
        self.left, self.at = BURST, time.monotonic()

    def take(self) -> bool:
        """Use up one frame; return whether there was one left."""
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * RATE)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
