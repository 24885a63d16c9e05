"""Granian delays a close while a ``receive()`` is pending, so the monitor must not leave one pending."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from tests.integration.raw_socket import connected
from tests.integration.rows import End, end_of, unique
from tests.ports import PATIENCE
from tests.servers.conftest import Launch

pytestmark = pytest.mark.slow
#: Seconds. Without the monitor the close frame takes a few milliseconds.
AT_ONCE = 2.0


async def test_close_in_receive__reaches_the_client_on_granian(launch: Launch) -> None:
    server = launch("Granian")
    async with connected(server.port, unique("closes")) as socket:
        async with asyncio.timeout(AT_ONCE):
            await socket.send("4002 enough")
            frame = await socket.receive()
        assert (frame.close_code, frame.payload[2:]) == (4002, b"enough")
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 4002, "", exact=False)
    assert (row["sent_code"], row["sent_reason"]) == (4002, "enough")


async def test_close_after_a_busy_handler__reaches_the_client_on_granian(launch: Launch) -> None:
    server = launch("Granian")
    async with connected(server.port, unique("busy")) as socket:
        assert await socket.ask_for("work") == "busy"
        async with asyncio.timeout(2 * AT_ONCE):
            assert (await socket.receive()).close_code == 4002


def test_fleet__leaves_no_worker_behind(launch: Launch) -> None:
    server = launch("Granian")
    workers = psutil.Process(server.process.pid).children(True)
    server.__exit__()
    gone, alive = psutil.wait_procs(workers, PATIENCE)
    assert (bool(gone), alive) == (True, [])


async def test_exception__ends_the_socket_on_granian(launch: Launch) -> None:
    server = launch("Granian")
    async with connected(server.port, unique("raises_in_receive")) as socket:
        await socket.send("hello")
        async with asyncio.timeout(AT_ONCE):
            await socket.seen()
    row = await server.rows.ended(socket.path)
    assert (row["cause"], row["exact"]) == ("server_error", False)
