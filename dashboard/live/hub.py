"""The hub builds one picture per tick and sends it to all viewers that are connected to this process."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

from lifecycle import conf
from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.server.extensions import TICK_SECONDS

from ..contract import RecentEnds
from .encoding import encode
from .picture import Live

#: Seconds that a tick waits until all viewers have taken the picture.
PATIENCE = 0.5


class Viewer(Protocol):
    """The methods of a dashboard socket that the hub calls."""

    async def show(self, picture: str) -> None:
        """Send a picture to the page."""


class Hub:
    """The live data of all processes, and the viewers that are connected to this process."""

    def __init__(self) -> None:
        self.live = Live(conf.get("LEASE_SECONDS"), TICK_SECONDS)
        self.viewers: set[Viewer] = set()
        #: The viewers that have not taken the last picture yet. Uvicorn waits for a client that does not read.
        self.sending: dict[Viewer, asyncio.Task[None]] = {}
        #: Runs the dashboard's queries. They must not block the thread that the application's consumers share.
        self.gate = DaemonThreadExecutor("dashboard-gate")
        #: Whether the channel layer works. A single timeout does not change this; see ``broadcast.MISSES``.
        self.connected = True
        #: The number of ticks in a row without an answer from the channel layer.
        self.missed = 0
        #: The recent ends from the database; ``looked_back_at`` is the monotonic time of the query.
        self.recent: RecentEnds | None = None
        self.looked_back_at = -math.inf

    def picture(self) -> str:
        """Return the current picture as the message for the page."""
        return encode(self.live.picture(time.time(), self.connected, self.recent))

    async def tick(self) -> None:
        """Send the picture to every viewer that has taken the last one.

        So a viewer that does not read does not delay the others.
        """
        ready = self.viewers - self.sending.keys()
        if not ready:
            return
        picture = self.picture()
        tasks = {viewer: asyncio.create_task(self.send(viewer, picture)) for viewer in ready}
        self.sending |= tasks
        await asyncio.wait(tasks.values(), timeout=PATIENCE)

    def leave(self, viewer: Viewer) -> None:
        """Remove a viewer whose connection has ended, and stop sending to it."""
        self.viewers.discard(viewer)
        if task := self.sending.get(viewer):
            task.cancel()

    async def send(self, viewer: Viewer, picture: str) -> None:
        """Send the picture to one viewer; remove the viewer if its socket fails."""
        try:
            await viewer.show(picture)
        except Exception:  # the socket is closed, and the middleware records its end
            self.viewers.discard(viewer)
        finally:
            self.sending.pop(viewer, None)


class Current:
    """Holds the hub of this process."""

    hub: Hub | None = None


def current() -> Hub:
    """Return the hub of this process; the first call creates it."""
    if Current.hub is None:
        Current.hub = Hub()
    return Current.hub
