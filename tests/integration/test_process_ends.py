"""The record of open connections after their server process stopped or died."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import RawSocket, connected, refused_status
from tests.integration.rows import End, Rows, end_of, unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

SERVERS = ["daphne", "uvicorn"]
#: A busy handler; on Daphne, an application that returned without closing; and idle ones.
KINDS = {
    "daphne": ["busy", "returns", "echo", "sync_echo", "plain"],
    "uvicorn": ["busy", "echo", "echo", "sync_echo", "plain"],
}


async def open_many(stack: AsyncExitStack, server: Server, *kinds: str) -> list[RawSocket]:
    """Return open sockets, one of each kind, that are torn down with the stack."""
    paths = [unique(kind) for kind in kinds]
    return [await stack.enter_async_context(connected(server.port, path)) for path in paths]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
@pytest.mark.parametrize("software", SERVERS)
async def test_stop_in_order__ends_every_open_connection_as_shutdown_and_loses_nothing(
    start: Start, software: str, number: signal.Signals
) -> None:
    server = start(software)
    async with AsyncExitStack() as stack:
        sockets = await open_many(stack, server, *KINDS[software])
        for socket in sockets[:2]:
            await socket.send("work")
        [gone] = await open_many(stack, server, "echo")
        await gone.close(4001, "before the stop")
        await asyncio.to_thread(server.stop, number)
        seen = [await socket.seen() for socket in sockets]

    ends = [end_of(await server.rows.ended(socket.path)) for socket in sockets]
    assert ends == [End("server_shutdown", "server", code) for code in seen]
    assert end_of(await server.rows.ended(gone.path)).cause == "client_application"
    [process] = server.rows.processes()
    assert process["end"] == "stopped"
    assert process["started_at"] <= process["ended_at"]
    assert server.spooled() == []
    assert server.complaints() == []


@pytest.mark.parametrize("software", SERVERS)
async def test_stop_in_order__in_the_middle_of_a_handshake_refuses_it_as_shutdown(
    start: Start, software: str
) -> None:
    server = start(software)
    async with AsyncExitStack() as stack:
        [witness] = await open_many(stack, server, "echo")
        path = unique("never_accepts")
        refusal = asyncio.create_task(refused_status(server.port, path))
        await server.rows.one(path, "open")
        await asyncio.to_thread(server.stop)
        assert await refusal in {500, None}
    row = await server.rows.ended(path)
    assert (row["state"], end_of(row).cause) == ("rejected", "server_shutdown")
    assert end_of(await server.rows.ended(witness.path)).cause == "server_shutdown"
    assert server.rows.processes()[0]["end"] == "stopped"


@pytest.mark.parametrize("software", SERVERS)
async def test_kill__leaves_lost_connections_to_the_next_start_and_true_ends_alone(
    start: Start, software: str
) -> None:
    server = start(software)
    async with AsyncExitStack() as stack:
        told, late, left, refusing = await open_many(stack, server, "echo", "echo", "echo", "closes")
        await told.close(4001, "told in time")
        await server.rows.ended(told.path)
        # These two end just before the kill: their ends are in the spool, and probably not in the database.
        await late.close(1001)
        await refusing.send("4002")
        assert await refusing.seen(echo=4002) == 4002
        # When the server answers this, its event loop has handled both ends.
        assert await left.ask_for("still there?") == "still there?"
        await asyncio.to_thread(server.stop, signal.SIGKILL)
    await asyncio.to_thread(server.start)

    rows = server.rows
    assert await ending(rows, left) == End("process_lost", "server", 1006, exact=False)
    assert await ending(rows, told) == End("client_application", "client", 4001, "told in time")
    assert await ending(rows, late) == End("client_going_away", "client", 1001)
    assert await ending(rows, refusing) == End("server_application", "server", 4002)
    killed, restarted = rows.processes()
    assert (killed["end"], restarted["end"]) == ("lost", "")
    async with connected(server.port, unique("echo")) as socket:
        await socket.close(1000)
    assert (await rows.ended(socket.path))["process_id"] == restarted["id"]


async def ending(rows: Rows, socket: RawSocket) -> End:
    """Return the end of a socket's row."""
    return end_of(await rows.ended(socket.path))
