"""Applications that fail: accepts that the server refuses, and exceptions before or after the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.raw_socket import ABNORMAL, RawSocket, connected, refused_status
from tests.integration.rows import End, end_of, unique
from tests.integration.servers import copy_of
from tests.servers.fleet import FleetServer

pytestmark = pytest.mark.slow
UNUSUAL = "tests.servers.unusual:application"
SOFTWARE = ["Daphne", "Uvicorn", "Uvicorn --ws websockets", "Uvicorn --ws wsproto"]
FAILED_ACCEPTS = ["text_headers", "split_header", "unoffered"]
#: Accepts that succeed: these servers ignore the headers, or send any subprotocol.
SUCCEED = {
    ("Daphne", "text_headers"),
    ("Daphne", "split_header"),
    ("Uvicorn", "unoffered"),
    ("Uvicorn --ws websockets", "unoffered"),
    ("Uvicorn --ws wsproto", "text_headers"),
}


@pytest.fixture(scope="module", params=SOFTWARE)
def server(
    request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetServer]:
    """Serve the unusual applications with each server in turn."""
    data = copy_of(blank, tmp_path_factory.mktemp("failures") / "data")
    with FleetServer(request.param, data, application=UNUSUAL) as one:
        yield one
        assert one.complaints() == []


@pytest.mark.parametrize("kind", FAILED_ACCEPTS)
async def test_accept__that_the_server_refuses_is_a_handshake_error(server: FleetServer, kind: str) -> None:
    path = unique(kind)
    if (server.software, kind) in SUCCEED:
        async with connected(server.port, path) as socket:
            await socket.close(1000)
        assert (await server.rows.ended(path))["cause"] == "client_normal"
        return
    await refused_status(server.port, path)
    row = await server.rows.ended(path)
    assert (row["state"], row["cause"], row["initiator"]) == ("rejected", "handshake_error", "server")


async def test_handshake__that_the_client_left_is_abandoned(server: FleetServer) -> None:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        socket = RawSocket(unique("slow_to_accept"), reader, writer)
        await socket.ask({})
        await asyncio.sleep(0.2)
        socket.reset()
    row = await server.rows.ended(socket.path)
    assert (row["state"], row["cause"], row["exact"]) == ("rejected", "abandoned", True)


async def test_client_close__that_makes_a_feed_fail_is_the_clients(server: FleetServer) -> None:
    async with connected(server.port, unique("feed")) as socket:
        await asyncio.sleep(0.5)
        await socket.send_close(1001)
        await socket.seen()
        row = await server.rows.ended(socket.path)
    assert end_of(row) == End("client_going_away", "client", 1001)


@pytest.mark.parametrize("how", ["reset", "fin"])
async def test_drop__that_makes_a_feed_fail_is_the_networks(server: FleetServer, how: str) -> None:
    async with connected(server.port, unique("feed")) as socket:
        await asyncio.sleep(0.2)
        socket.reset() if how == "reset" else socket.writer.close()
        row = await server.rows.ended(socket.path)
    assert end_of(row) == End("network_lost", "network", ABNORMAL)


@pytest.mark.parametrize("how", ["close", "fin", "wait"])
async def test_exception__has_the_code_on_the_wire(server: FleetServer, how: str) -> None:
    async with connected(server.port, unique("raises_after_answer")) as socket:
        assert await socket.ask_for("go") == "failing"
        await asyncio.sleep(0.02)
        if how == "close":
            await socket.send_close(1000)
        elif how == "fin":
            socket.writer.write_eof()
        seen = await socket.seen()
    row = await server.rows.settled(socket.path)
    assert end_of(row) == End("server_error", "server", seen)
