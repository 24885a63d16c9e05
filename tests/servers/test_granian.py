"""Granian delays a close while a ``receive()`` is pending, and its workers end without ``atexit``."""

from __future__ import annotations

import asyncio
import signal
import time

import psutil
import pytest

from tests.integration.raw_socket import connected
from tests.integration.rows import End, end_of, unique
from tests.ports import PATIENCE
from tests.servers.conftest import Launch

pytestmark = pytest.mark.slow
#: Seconds. Without the monitor the close frame takes a few milliseconds.
AT_ONCE = 2.0
#: Seconds that one query waits for a locked database; longer than ``STOP_SECONDS``.
BUSY_TIMEOUT = 20


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("mount", ["starlette", "fastapi"])
async def test_stop__of_a_mounted_application_is_no_lost_process_on_granian(
    launch: Launch, mount: str, number: signal.Signals
) -> None:
    server = launch("Granian", application=f"tests.integration.wrapped:{mount}")
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.ask_for("hello") == "hello"
        await asyncio.to_thread(server.stop, number)
    row = await server.rows.ended(socket.path)
    assert (row["cause"] in ("server_shutdown", "unknown"), row["exact"]) == (True, False)
    assert [process["end"] for process in server.rows.processes()] == ["stopped"]
    assert server.spooled() == []
    assert server.complaints() == []


async def test_stop__of_a_mounted_application_does_not_wait_for_a_database_that_hangs(launch: Launch) -> None:
    server = launch("Granian", application="tests.integration.wrapped:starlette")
    async with connected(server.port, unique("echo")) as socket:
        await server.rows.one(socket.path, "open")
        with server.rows.locked():
            began = time.monotonic()
            await asyncio.to_thread(server.stop)
            assert time.monotonic() - began < BUSY_TIMEOUT
    # The next start writes them.
    assert server.spooled()
