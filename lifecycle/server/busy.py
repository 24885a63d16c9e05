"""The sockets whose applications are busy, and for how long.

Channels asks for the next message only after the handler of the previous message has returned. Without reading
ahead, a disconnect would go unnoticed while the application is busy. So a socket starts to read ahead once its
application has been busy for ``PATIENCE``.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

#: Seconds. The end of a busy socket is noticed after at most twice this time.
PATIENCE = 0.05


class Reader(Protocol):
    """A socket that can read ahead of its application."""

    def read_ahead(self) -> None:
        """Start to read messages that the application has not asked for yet."""


class BusySockets(dict[Reader, int]):
    """The sockets whose applications are not waiting for a message, in the order in which they became busy.

    Each value is the number of sweeps before the socket was added; counting sweeps costs less than reading a
    clock.
    """

    def __init__(self) -> None:
        self.sweeps = 0
        self.timer: asyncio.TimerHandle | None = None

    def add(self, socket: Reader) -> None:
        """Add a socket whose application has just stopped waiting for a message."""
        self[socket] = self.sweeps
        if self.timer is None:
            # The next sweep is a full PATIENCE away, so this socket need not wait for a second sweep.
            self[socket] -= 1
            self.timer = asyncio.get_running_loop().call_later(PATIENCE, self.sweep)

    def sweep(self) -> None:
        """Start to read ahead for each socket that has been busy for at least ``PATIENCE``."""
        while self:
            socket = next(iter(self))
            if self[socket] == self.sweeps:
                break
            socket.read_ahead()
            self.pop(socket, None)
        self.sweeps += 1
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(PATIENCE, self.sweep) if self else None
