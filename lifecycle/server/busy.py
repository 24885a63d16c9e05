"""The sockets whose applications are busy, and since when.

Channels asks for the next message only after the handler of the last one has returned, so a disconnect would wait
for a busy application. Each socket therefore reads ahead once its application has been busy for ``PATIENCE``.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

#: Seconds; the end of a busy socket is noticed at most twice as late as this.
PATIENCE = 0.05


class Reader(Protocol):
    """A socket that can read ahead of its application."""

    def read_ahead(self) -> None:
        """Start to read ahead of the application."""


class BusySockets(dict[Reader, int]):
    """The sockets whose applications are not waiting for a message, the longest busy first.

    The value is the number of sweeps so far when the socket was added, which costs less than reading a clock.
    """

    def __init__(self) -> None:
        self.sweeps = 0
        self.timer: asyncio.TimerHandle | None = None

    def add(self, socket: Reader) -> None:
        """Note that an application has just stopped waiting for a message."""
        self[socket] = self.sweeps
        if self.timer is None:
            # The sweep that this socket starts comes after a full PATIENCE, so it may count for this socket.
            self[socket] -= 1
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.sweep)

    def sweep(self) -> None:
        """Have each socket read ahead that has been busy since before the last sweep."""
        while self:
            socket = next(iter(self))
            if self[socket] == self.sweeps:
                break
            socket.read_ahead()
            self.pop(socket, None)
        self.sweeps += 1
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(PATIENCE, self.sweep) if self else None
