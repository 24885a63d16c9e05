"""A viewer of the dashboard: what its socket says of how far the numbers can be trusted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.faults.client import Client, connected
from tests.faults.ledger import Entry
from tests.faults.server import FaultServer

PATH = "/ws/dashboard/"
#: Seconds in which a change must be on the page: a tick, and what it takes to call a database hanging.
PATIENCE = 30.0

Trust = dict[str, Any]


class Viewer:
    """An operator in front of the live page."""

    def __init__(self, client: Client) -> None:
        """Look at a dashboard socket that is open."""
        self.client = client

    async def trust(self) -> Trust:
        """Return what the newest snapshot says of itself, as soon as there is one since the last look."""
        picture = json.loads(await self.client.message())
        while self.client.messages:
            picture = json.loads(await self.client.message())
        return picture["trust"]

    async def sees(self, condition: Callable[[Trust], object]) -> Trust:
        """Wait for a snapshot of which a condition holds, and return what it says."""
        async with asyncio.timeout(PATIENCE):
            while not condition(trust := await self.trust()):
                pass
        return trust


@asynccontextmanager
async def viewing(server: FaultServer) -> AsyncIterator[Viewer]:
    """Yield an operator who has signed in and sees the live page."""
    headers = await asyncio.to_thread(server.sign_in)
    async with connected(server.port, Entry(PATH), headers) as client:
        yield Viewer(client)
