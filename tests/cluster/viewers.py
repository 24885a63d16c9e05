"""Viewers of the live page, which keep every snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from tests.faults.client import Client, connect
from tests.faults.ledger import Entry
from tests.pictures import Picture, decoded

PATH = "/ws/dashboard/"
#: Seconds to wait for a snapshot that fits a condition.
PATIENCE = 60.0


class Viewer:
    """One viewer of the live page of one process."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pictures: list[Picture] = []
        self.news = asyncio.Condition()

    @property
    def latest(self) -> Picture:
        """Return the latest snapshot."""
        return self.pictures[-1]

    async def watch(self) -> None:
        """Keep the snapshots until the connection ends."""
        with suppress(ConnectionError):
            while True:
                picture = decoded(await self.client.message())
                async with self.news:
                    self.pictures.append(picture)
                    self.news.notify_all()

    async def sees(self, condition: Callable[[Picture], object], patience: float = PATIENCE) -> Picture:
        """Wait until a condition holds for the latest snapshot, and return that."""
        async with asyncio.timeout(patience), self.news:
            await self.news.wait_for(lambda: self.pictures and condition(self.latest))
            return self.latest


@asynccontextmanager
async def viewing(port: int, headers: dict[str, str]) -> AsyncIterator[Viewer]:
    """Yield a viewer that has received its first snapshot."""
    viewer = Viewer(await connect(port, Entry(PATH), headers))
    watching = asyncio.create_task(viewer.watch())
    try:
        await viewer.sees(bool)
        yield viewer
    finally:
        viewer.client.reset()
        await watching


def shown(picture: Picture, pid: int) -> Picture:
    """Return a process's row in a snapshot; empty if there is none."""
    return next((row for row in picture["processes"] if row["pid"] == pid), {})
