"""Slow and failing consumers: the record is true, and clients see the same bytes as without the monitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import pytest

from tests.faults.client import PATIENCE, Client, NotOpened, knock
from tests.faults.conftest import Start
from tests.faults.ledger import Entry, Ledger
from tests.faults.load import never_opens
from tests.faults.server import FaultServer

pytestmark = pytest.mark.slow

#: In seconds; much less than a slow consumer is busy, which shows that ends are timed on arrival.
LATE_SECONDS = 1.0
BUSY_SECONDS = 0.3
#: The same key for all, so that the answers to the handshakes are the same too (RFC 6455 section 1.3).
HANDSHAKE = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
OPTIONS = {"daphne": ("--websocket_connect_timeout", "2"), "uvicorn": ()}


class Eavesdropper(Client):
    """A client that keeps every byte from the server."""

    def __init__(self, entry: Entry, headers: dict[str, str] | None = None) -> None:
        super().__init__(entry, headers)
        self.heard = bytearray()

    def data_received(self, data: bytes) -> None:
        """Keep what comes."""
        self.heard += data
        super().data_received(data)

    def comparable(self) -> bytes:
        """Return all received bytes without the Date header."""
        lines = bytes(self.heard).split(b"\r\n")
        return b"\r\n".join(line for line in lines if not line.lower().startswith(b"date:"))


async def talks(client: Client) -> None:
    """Send a message, receive its echo, and close."""
    assert await client.ask("hello") == b"hello"
    await client.close(1000)


async def leaves_meanwhile(client: Client) -> None:
    """Send a message, and close while the application is busy with it."""
    client.send("hello")
    await asyncio.sleep(BUSY_SECONDS)
    await client.close(1000)


async def leaves_without_a_word(client: Client) -> None:
    """Close a connection whose application does not read."""
    await client.message()
    await client.close(1000)


async def outlives_its_application(client: Client) -> None:
    """Send a message, after which the application returns; from here on, either side may end the connection."""
    client.send("hello")
    client.entry.ends()
    await asyncio.sleep(BUSY_SECONDS)
    client.send_close(1000)
    await client.gone


def is_ended_by(text: str) -> Callable[[Client], Awaitable[None]]:
    """Return a scenario: send a message, and wait until the server ends the connection."""

    async def waits(client: Client) -> None:
        client.entry.ends()
        client.send(text)
        await client.gone

    return waits


class Case(NamedTuple):
    """A consumer, a client's scenario, and the cause of the end that is recorded on each server."""

    kind: str
    live: Callable[[Client], Awaitable[None]]
    daphne: str
    uvicorn: str


CASES = [
    Case("echo", talks, "client_normal", "client_normal"),
    Case("sync_echo", talks, "client_normal", "client_normal"),
    # Slow, or not listening at all.
    Case("blocks", talks, "client_normal", "client_normal"),
    Case("blocks", leaves_meanwhile, "client_normal", "client_normal"),
    Case("dawdles", talks, "client_normal", "client_normal"),
    Case("dawdles", leaves_meanwhile, "client_normal", "client_normal"),
    Case("never_reads", leaves_without_a_word, "client_normal", "client_normal"),
    # Raising.
    Case("raises_in_connect", never_opens, "handshake_error", "handshake_error"),
    Case("raises_in_receive", is_ended_by("hello"), "server_error", "server_error"),
    Case("raises_in_disconnect", talks, "client_normal", "client_normal"),
    Case("closes_and_raises", is_ended_by("4002"), "server_application", "server_application"),
    # Closing. Daphne refuses the second code, and the consumer fails of it.
    Case("closes", is_ended_by("4002 why"), "server_application", "server_application"),
    Case("closes", is_ended_by("1008"), "server_error", "server_application"),
    Case("closes_at_once", is_ended_by("hello"), "server_application", "server_application"),
    Case("refuses", never_opens, "rejected", "rejected"),
    # Returning early. Daphne leaves the socket open.
    Case("returns", outlives_its_application, "client_normal", "server_error"),
    Case("returns_before_accept", never_opens, "handshake_error", "handshake_error"),
]


async def visit(server: FaultServer, entry: Entry, case: Case) -> bytes:
    """Run one case, and return the bytes that the client received."""
    client = await knock(server.port, entry, HANDSHAKE, Eavesdropper)
    async with asyncio.timeout(PATIENCE):
        with suppress(NotOpened, ConnectionError):
            await client.opened
            await case.live(client)
        await client.gone
    entry.causes = frozenset({getattr(case, server.software)})
    return client.comparable()


async def visit_all(server: FaultServer, ledger: Ledger) -> list[bytes]:
    """Run all cases at once, and return the bytes that each client received."""
    return await asyncio.gather(*(visit(server, ledger.open(case.kind), case) for case in CASES))


@pytest.mark.parametrize("software", OPTIONS)
async def test_middleware__changes_no_byte_and_records_the_true_end(
    start: Start, ledger: Ledger, software: str
) -> None:
    bare = start(software, *OPTIONS[software], application="tests.faults.application:bare")
    watched = start(software, *OPTIONS[software])
    without, with_it = await asyncio.gather(visit_all(bare, Ledger()), visit_all(watched, ledger))

    for case, expected, seen in zip(CASES, without, with_it, strict=True):
        assert seen == expected, f"{case.kind}, {case.live.__name__}"
    await watched.accounts_for(ledger, late=LATE_SECONDS)
    assert watched.complaints() == []


async def test_never_reads__under_uvicorn_has_its_client_heard_behind_unread_messages(
    start: Start, ledger: Ledger
) -> None:
    """The one difference: without the monitor, Uvicorn does not read ahead, and times the client out."""
    server = start("uvicorn")
    client = await knock(server.port, entry := ledger.open("never_reads"))
    await client.opened
    await leaves_meanwhile(client)
    entry.causes = frozenset({"client_normal"})
    assert client.close_code == 1000
    await server.accounts_for(ledger, late=LATE_SECONDS)
