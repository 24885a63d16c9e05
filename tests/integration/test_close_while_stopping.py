"""A client that closes its connection while the server stops ended it itself."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import ABNORMAL, connected
from tests.integration.rows import PATIENCE, POLL_SECONDS, End, end_of, unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

#: Daphne cancels these applications when it stops. "returns" has ended before.
KINDS = ["echo", "sync_echo", "plain", "busy", "returns"]
CLOSES = {
    "1000": (1000, "", End("client_normal", "client", 1000)),
    "4001": (4001, "done", End("client_application", "client", 4001, "done")),
    "no-code": (None, "", End("client_no_status", "client", 1005)),
}


async def recorded_stop(server: Server) -> None:
    """Wait until the stop has recorded the end of a connection in the spool."""
    deadline = time.monotonic() + PATIENCE
    while not any(b"server_shutdown" in path.read_bytes() for path in server.spooled()):
        assert time.monotonic() < deadline, "the stop recorded no end"
        await asyncio.sleep(POLL_SECONDS)


@pytest.mark.parametrize("kind", KINDS)
async def test_close_during_the_stop_of_daphne__is_the_clients(start: Start, kind: str) -> None:
    server = start("daphne")
    async with connected(server.port, unique(kind)) as socket, connected(server.port, unique("echo")) as other:
        await socket.send("work")
        await server.rows.one(socket.path, "open")
        # The server waits for the database, so it is still there for the client.
        with server.rows.locked():
            server.process.send_signal(signal.SIGTERM)
            await recorded_stop(server)
            await socket.close(1000)
        await asyncio.to_thread(server.process.wait, 60)
        seen = await other.seen()
    assert end_of(await server.rows.ended(socket.path)) == End("client_normal", "client", 1000)
    assert end_of(await server.rows.ended(other.path)) == End("server_shutdown", "server", seen)
    assert seen == ABNORMAL
    assert [process["end"] for process in server.rows.processes()] == ["stopped"]
    assert server.spooled() == []
    assert server.complaints() == []
    assert "destroyed" not in server.said()


@pytest.mark.parametrize(("code", "reason", "expected"), CLOSES.values(), ids=CLOSES)
async def test_close_during_the_stop_of_daphne__keeps_its_code(
    start: Start, code: int | None, reason: str, expected: End
) -> None:
    server = start("daphne")
    async with connected(server.port, unique("echo")) as socket:
        await server.rows.one(socket.path, "open")
        with server.rows.locked():
            server.process.send_signal(signal.SIGTERM)
            await recorded_stop(server)
            await socket.close(code, reason)
        await asyncio.to_thread(server.process.wait, 60)
    assert end_of(await server.rows.ended(socket.path)) == expected
