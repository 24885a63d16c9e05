"""The viewers of this process: one picture a tick, made once, for all of them."""

from __future__ import annotations

import json
import math
import time
from typing import Any, Protocol

from lifecycle import conf
from lifecycle.record.daemon_executor import DaemonThreadExecutor

from .merge import Live


class Viewer(Protocol):
    """What the hub asks of a dashboard socket."""

    async def show(self, picture: str) -> None:
        """Send a picture to the page."""


class Hub:
    """The merged picture of all processes, and the sockets that this process shows it to."""

    def __init__(self) -> None:
        """Begin with no viewers."""
        self.live = Live(conf.get("LEASE_SECONDS"))
        self.viewers: set[Viewer] = set()
        #: Asks the database who may view: the application's consumers share one thread, and must not wait for it.
        self.gate = DaemonThreadExecutor("dashboard-gate")
        #: Whether other processes could be heard at the last tick.
        self.connected = True
        #: Ticks in a row at which the channel layer took nothing.
        self.missed = 0
        #: What the record says of the last minutes, and when it was asked; of the monotonic clock.
        self.recent: dict[str, Any] | None = None
        self.looked_back_at = -math.inf

    def picture(self) -> str:
        """Return the picture of now as the page takes it."""
        return json.dumps(self.live.picture(time.time(), self.connected, self.recent), separators=(",", ":"))

    async def tick(self) -> None:
        """Show the picture to every viewer; one whose socket fails is let go."""
        if not self.viewers:
            return
        picture = self.picture()
        for viewer in list(self.viewers):
            try:
                await viewer.show(picture)
            except Exception:  # its socket is gone, and its own end is recorded elsewhere
                self.viewers.discard(viewer)


class Current:
    """The hub of this process."""

    hub: Hub | None = None


def current() -> Hub:
    """Return the hub of this process, made at the first call."""
    if Current.hub is None:
        Current.hub = Hub()
    return Current.hub
