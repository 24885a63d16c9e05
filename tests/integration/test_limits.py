"""Ends by a server's own limits: silent peers, long connections, unanswered handshakes."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import ABNORMAL, connected, refused_status
from tests.integration.rows import End, end_of, unique

pytestmark = pytest.mark.slow

PINGS = {
    "daphne": ("--ping-interval", "1", "--ping-timeout", "1"),
    "uvicorn": ("--ws-ping-interval", "1", "--ws-ping-timeout", "1"),
}


@pytest.mark.parametrize("software", PINGS)
async def test_peer_that_answers_no_ping__is_lost_by_its_heartbeat_at_an_estimated_time(
    start: Start, software: str
) -> None:
    server = start(software, *PINGS[software])
    async with (
        connected(server.port, unique("echo")) as deaf,
        connected(server.port, unique("echo")) as alive,
    ):
        # Reading, it answers the pings that come meanwhile.
        message = asyncio.create_task(alive.receive())
        await deaf.seen(answer_pings=False)
        row = await server.rows.ended(deaf.path)
        await alive.send("still here")
        assert (await message).text == "still here"
        await alive.close(1000)
    assert end_of(row) == End("heartbeat_lost", "network", ABNORMAL, exact=False)
    assert end_of(await server.rows.ended(alive.path)).cause == "client_normal"


async def test_daphne_limits__end_connections_and_handshakes_as_the_servers_own_doing(start: Start) -> None:
    server = start("daphne", "--websocket_timeout", "3", "--websocket_connect_timeout", "1")
    async with connected(server.port, unique("echo")) as socket:
        unanswered = unique("never_accepts")
        status, seen = await asyncio.gather(refused_status(server.port, unanswered), socket.seen(echo=1000))
    # Daphne refuses, or autobahn hangs up: both have the same limit, and either may be first.
    assert status in {403, None}
    assert seen == 1000
    refused, closed = await server.rows.ended(unanswered), await server.rows.ended(socket.path)
    assert refused["state"] == "rejected"
    assert end_of(refused) == End("handshake_timeout", "server", None)
    assert closed["state"] == "closed"
    assert end_of(closed) == End("server_timeout", "server", 1000)
