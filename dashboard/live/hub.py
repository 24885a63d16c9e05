"""The viewers of this process: each tick, one picture is built and sent to all of them."""

from __future__ import annotations

import json
import math
import time
from typing import Protocol

from lifecycle import conf
from lifecycle.record.daemon_executor import DaemonThreadExecutor
from lifecycle.server.extensions import TICK_SECONDS

from ..contract import RecentEnds
from .picture import Live


class Viewer(Protocol):
    """A dashboard socket, as the hub uses it."""

    async def show(self, picture: str) -> None:
        """Send a picture to the page."""


class Hub:
    """The merged picture of all processes, and the viewers in this process."""

    def __init__(self) -> None:
        self.live = Live(conf.get("LEASE_SECONDS"), TICK_SECONDS)
        self.viewers: set[Viewer] = set()
        #: Runs the permission queries. The application's consumers share one thread, which must not wait for them.
        self.gate = DaemonThreadExecutor("dashboard-gate")
        #: Whether the channel layer answered at the last tick.
        self.connected = True
        #: Ticks in a row without an answer of the channel layer.
        self.missed = 0
        #: The ends of the last minutes from the database, and the monotonic time of the query.
        self.recent: RecentEnds | None = None
        self.looked_back_at = -math.inf

    def picture(self) -> str:
        """Return the current picture as JSON."""
        return json.dumps(self.live.picture(time.time(), self.connected, self.recent), separators=(",", ":"))

    async def tick(self) -> None:
        """Send the picture to every viewer, and forget viewers whose socket fails."""
        if not self.viewers:
            return
        picture = self.picture()
        for viewer in list(self.viewers):
            try:
                await viewer.show(picture)
            except Exception:  # the socket is gone; the middleware records its end
                self.viewers.discard(viewer)


class Current:
    """The hub of this process."""

    hub: Hub | None = None


def current() -> Hub:
    """Return the hub of this process; the first call creates it."""
    if Current.hub is None:
        Current.hub = Hub()
    return Current.hub
