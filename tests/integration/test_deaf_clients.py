"""A client that sends and never reads: what the server keeps for it is bounded, and its end says why."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import FIN, MASKED, Opcode, RawSocket, connected
from tests.integration.rows import end_of
from tests.integration.servers import MONITOR, Server, manage
from tests.ports import HOST

pytestmark = pytest.mark.slow
PATH, DASHBOARD = "/ws/status/", "/ws/dashboard/"
ECHO = json.dumps({"type": "echo", "text": "x" * 4000})
#: Below the allowance of a client (``status.allowance``): 200 frames at once, then 50 per second.
BURST, RATE = 190, 45
SECONDS = 60.0
#: A ping of the maximum size (RFC 6455 section 5.5), with a mask of zeros.
PING = bytes([FIN | Opcode.PING, MASKED | 125, 0, 0, 0, 0]) + b"p" * 125
#: The bytes of pings that a client sends. Without a limit, the server keeps nearly as many bytes of pongs.
FLOOD_BYTES = 64 * 1024 * 1024
#: The bytes that the process may grow by meanwhile: what all clients add between two checks, and fragmentation.
GROWTH_BYTES = 32 * 1024 * 1024
DROPPED = ("server_application", 4408, "the client does not read")


@asynccontextmanager
async def deaf(server: Server, path: str = PATH) -> AsyncIterator[RawSocket]:
    """Yield an open socket with small buffers that does not read."""
    bare = socket.socket()
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    bare.setblocking(False)
    await asyncio.get_running_loop().sock_connect(bare, (HOST, server.port))
    reader, writer = await asyncio.open_connection(sock=bare, limit=1024)
    one = RawSocket(path, reader, writer)
    try:
        await one.ask({})
        await one.answer()
        yield one
    finally:
        one.reset()


async def shout(one: RawSocket) -> None:
    """Send echo frames at the allowed rate until the server ends the connection."""
    began = time.monotonic()
    sent = 0
    while time.monotonic() - began < SECONDS:
        while sent < BURST + RATE * (time.monotonic() - began):
            await one.send(ECHO)
            sent += 1
        await asyncio.sleep(0.05)
        if one.writer.transport.is_closing():
            return
    pytest.fail(f"The connection is still open after {sent} frames")


async def test_client_that_never_reads__is_closed_and_the_row_says_why(start: Start) -> None:
    server = start("daphne", application=MONITOR)
    async with deaf(server) as one:
        await shout(one)
    row = await server.rows.ended(PATH)
    assert (end_of(row).cause, row["sent_code"], row["sent_reason"]) == DROPPED


async def ping_on(one: RawSocket) -> None:
    """Send pings until ``FLOOD_BYTES`` are sent, the connection ends, or the server stops to read."""
    sent, chunk = 0, PING * 500
    with suppress(ConnectionError, TimeoutError):
        while sent < FLOOD_BYTES and not one.writer.transport.is_closing():
            one.writer.write(chunk)
            sent += len(chunk)
            async with asyncio.timeout(3):
                await one.writer.drain()


def resident_bytes(server: Server) -> int:
    """Return the physical memory of a server's process (proc_pid_statm(5))."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


IMPLEMENTATIONS = {
    "daphne": ("daphne",),
    "websockets-sansio": ("uvicorn", "--ws", "websockets-sansio"),
    "wsproto": ("uvicorn", "--ws", "wsproto"),
    "websockets": ("uvicorn", "--ws", "websockets"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
async def test_client_that_only_sends_pings__is_closed_and_memory_is_bounded(
    start: Start, implementation: str
) -> None:
    server = start(*IMPLEMENTATIONS[implementation], application=MONITOR)
    async with deaf(server) as one:
        before = resident_bytes(server)
        await ping_on(one)
        assert resident_bytes(server) - before < GROWTH_BYTES
        if implementation != "websockets":  # which stops to read as soon as 64 KiB are unsent
            row = await server.rows.ended(PATH)
            assert (end_of(row).cause, row["sent_code"], row["sent_reason"]) == DROPPED
            assert (row["initiator"], row["exact"]) == ("server", True)


@pytest.mark.parametrize("implementation", ["daphne", "websockets-sansio"])
async def test_dashboard_viewer_that_only_sends_pings__is_closed_and_another_is_served(
    start: Start, implementation: str
) -> None:
    server = start(*IMPLEMENTATIONS[implementation], application=MONITOR)
    account = {"DJANGO_SUPERUSER_PASSWORD": "correct horse", "DJANGO_SUPERUSER_EMAIL": "a@example.org"}
    manage(server.data, "createsuperuser", "--no-input", "--username", "ada", **account)
    path = f"{DASHBOARD}?token={manage(server.data, 'lifecycle_token', 'ada').strip()}"
    async with deaf(server, path) as one, connected(server.port, path) as other:
        await ping_on(one)
        await server.rows.wait("sent_code = ?", "4408", ("closed",))
        assert '"snapshot"' in (await other.receive()).text
