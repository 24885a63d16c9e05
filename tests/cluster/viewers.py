"""Viewers of the live page, which keep every picture that they are shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.faults.client import Client, connect
from tests.faults.ledger import Entry

PATH = "/ws/dashboard/"
#: Seconds in which a viewer is shown what it waits for.
PATIENCE = 60.0

Picture = dict[str, Any]


class Viewer:
    """One viewer of the live page of one process."""

    def __init__(self, client: Client) -> None:
        """Begin without a picture."""
        self.client = client
        self.pictures: list[Picture] = []
        self.news = asyncio.Condition()

    @property
    def latest(self) -> Picture:
        """Return the latest picture."""
        return self.pictures[-1]

    async def watch(self) -> None:
        """Keep pictures until the socket ends."""
        with suppress(ConnectionError):
            while True:
                picture = json.loads(await self.client.message())
                async with self.news:
                    self.pictures.append(picture)
                    self.news.notify_all()

    async def sees(self, condition: Callable[[Picture], object], patience: float = PATIENCE) -> Picture:
        """Return the first picture from the latest on for which a condition holds."""
        async with asyncio.timeout(patience), self.news:
            await self.news.wait_for(lambda: self.pictures and condition(self.latest))
            return self.latest


@asynccontextmanager
async def viewing(port: int, headers: dict[str, str]) -> AsyncIterator[Viewer]:
    """Yield a viewer who has seen its first picture."""
    viewer = Viewer(await connect(port, Entry(PATH), headers))
    watching = asyncio.create_task(viewer.watch())
    try:
        await viewer.sees(bool)
        yield viewer
    finally:
        viewer.client.reset()
        await watching


def shown(picture: Picture, pid: int) -> Picture:
    """Return what a picture says of one process; empty where it says nothing."""
    return next((row for row in picture["processes"] if row["pid"] == pid), {})
