"""A client that sends and never reads: what the server keeps for it is bounded, and its end says why."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import RawSocket
from tests.integration.rows import end_of
from tests.integration.servers import MONITOR, Server
from tests.ports import HOST

pytestmark = pytest.mark.slow
PATH = "/ws/status/"
ECHO = json.dumps({"type": "echo", "text": "x" * 4000})
#: Below the allowance of a client (``status.allowance``): 200 frames at once, then 50 per second.
BURST, RATE = 190, 45
SECONDS = 60.0


@asynccontextmanager
async def deaf(server: Server) -> AsyncIterator[RawSocket]:
    """Yield an open socket with small buffers that does not read."""
    bare = socket.socket()
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    bare.setblocking(False)
    await asyncio.get_running_loop().sock_connect(bare, (HOST, server.port))
    reader, writer = await asyncio.open_connection(sock=bare, limit=1024)
    one = RawSocket(PATH, reader, writer)
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
    assert (end_of(row).cause, row["sent_code"], row["sent_reason"]) == (
        "server_application",
        4408,
        "the client does not read",
    )
