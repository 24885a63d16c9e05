"""The sockets whose applications are not reading."""

from __future__ import annotations

import asyncio
from typing import Protocol

#: Seconds; also how late, at most twice over, the end of a busy socket may be noticed.
PATIENCE = 0.05


class Reader(Protocol):
    """What ``Busy`` asks of a socket."""

    def read_ahead(self) -> None:
        """Begin to read ahead of the application."""


class Busy(dict[Reader, int]):
    """The sockets whose applications are not reading, the longest busy first.

    Noted with each is the number of sweeps before it came: that is cheaper to ask for than the time.
    """

    def __init__(self) -> None:
        """Begin with no sockets."""
        self.sweeps = 0
        self.timer: asyncio.TimerHandle | None = None

    def add(self, socket: Reader) -> None:
        """Note that an application has just stopped to read."""
        self[socket] = self.sweeps
        if self.timer is None:
            # Whoever starts the timer is there for all of its time.
            self[socket] -= 1
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.sweep)

    def sweep(self) -> None:
        """Begin to read ahead of every application that has been busy since before the last sweep."""
        while self:
            socket = next(iter(self))
            if self[socket] == self.sweeps:
                break
            socket.read_ahead()
            self.pop(socket, None)
        self.sweeps += 1
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(PATIENCE, self.sweep) if self else None
