"""Client pages of the status socket, each connection told apart by its user agent, through a proxy or without."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable

from tests.faults.client import PATIENCE, Client, NotOpened, request
from tests.faults.ledger import Entry, Ledger
from tests.ports import HOST

PATH = "/ws/status/"
#: Connects at a time, so that they fit a server's default listen backlog.
AT_ONCE = 40


class Page(Client):
    """A page with a status socket. Its ledger entry's path goes into the user agent: the record keeps that too."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(request(PATH, {"User-Agent": self.entry.path, **self.headers}))

    async def welcome(self) -> str:
        """Return the id of this connection, as the server tells it."""
        return json.loads(await self.message())["connection"]


async def visit(
    port: int, entry: Entry, headers: dict[str, str] | None = None, address: str | None = None
) -> Page:
    """Return a page whose socket is open; ``address`` is the one that it connects from."""
    loop = asyncio.get_running_loop()
    entry.asked_at = time.time()
    source = (address, 0) if address else None
    _, page = await loop.create_connection(lambda: Page(entry, headers), HOST, port, local_addr=source)
    async with asyncio.timeout(PATIENCE):
        await page.opened
    return page


async def open_many(ledger: Ledger, port: int, number: int) -> list[Page]:
    """Return this many pages whose sockets are open."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> Page:
        async with turn:
            return await visit(port, ledger.open("status"))

    return await asyncio.gather(*(one() for _ in range(number)))


async def close_all(pages: Iterable[Page]) -> None:
    """Close all that are still open, as browsers do when they leave."""
    await asyncio.gather(*(page.close(1001, "client_going_away") for page in pages if not page.gone.done()))


class Visitors:
    """Pages that come, stay for a moment, and go, again and again, whatever happens to their servers."""

    def __init__(self, ledger: Ledger, port: int) -> None:
        """Prepare the pages; nobody visits yet."""
        self.ledger = ledger
        self.port = port
        self.leaving = False
        #: When the server that is being stopped was told to, in seconds since the epoch.
        self.stop_began: float | None = None
        self.served = 0

    def stopping(self, began: float | None) -> None:
        """Note that a server is told to stop, or that it has: ends under way may now be its doing too."""
        self.stop_began = began
        if began is not None:
            for entry in self.ledger:
                if entry.ending_at is not None and entry.ended_at is None:
                    entry.causes |= {"server_shutdown"}

    async def come_and_go(self, seconds: float) -> None:
        """Live one page's life: connect, stay for some seconds, close, and connect again."""
        while not self.leaving:
            entry = self.ledger.open("status")
            try:
                page = await visit(self.port, entry)
            except (NotOpened, ConnectionError):
                await asyncio.sleep(0.1)
                continue
            self.served += 1
            await asyncio.wait([page.gone], timeout=seconds)
            await self.leave(page)

    async def leave(self, page: Page) -> None:
        """Close, unless the server was first; which of both it was, the record may say where they coincide."""
        if page.gone.done() or page.close_code is not None:
            page.entry.ends("server_shutdown")
            page.entry.ending_at, page.entry.ended_at = self.stop_began or time.time(), time.time()
            await page.gone
        else:
            also = ["server_shutdown"] if self.stop_began else []
            await page.close(1000, "client_normal", *also)
