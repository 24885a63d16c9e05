"""A viewer of the dashboard that reads ``trust`` in its snapshots."""

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
#: Seconds to wait for a change in the snapshots.
PATIENCE = 30.0

Trust = dict[str, Any]


class Viewer:
    """A viewer of the live page."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def trust(self) -> Trust:
        """Wait for a snapshot since the last call, and return ``trust`` of the newest."""
        picture = json.loads(await self.client.message())
        while self.client.messages:
            picture = json.loads(await self.client.message())
        return picture["trust"]

    async def sees(self, condition: Callable[[Trust], object]) -> Trust:
        """Wait until a condition holds for ``trust``, and return that."""
        async with asyncio.timeout(PATIENCE):
            while not condition(trust := await self.trust()):
                pass
        return trust


@asynccontextmanager
async def viewing(server: FaultServer) -> AsyncIterator[Viewer]:
    """Yield a viewer who is signed in as an operator."""
    headers = await asyncio.to_thread(server.sign_in)
    async with connected(server.port, Entry(PATH), headers) as client:
        yield Viewer(client)
