"""Bursts of thousands of connects, ghosts, and applications that return without a close."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from lifecycle.server.process import SWEEP_SECONDS
from tests.faults.application import TOLD
from tests.faults.client import connected
from tests.faults.conftest import Start
from tests.faults.ledger import Ledger, assert_same
from tests.faults.load import VISIT, Life, all_at_once, stays
from tests.faults.server import FaultServer, until

pytestmark = pytest.mark.slow

CONNECTIONS = 3000
#: Seconds until the server notices an end, with thousands of others before it.
LATE_SECONDS = 60.0
#: Daphne gives up a handshake after one second.
SHORT = ("--websocket_connect_timeout", "1")
TRIES = 10
GHOST = Life("haunts", stays)


async def assert_nothing_is_open(server: FaultServer) -> None:
    """Assert that the gauge has returned to zero, and that the counters agree."""

    async def closed() -> bool:
        return await server.metric("websocket_connections_open") == 0

    await until(closed)
    opened = await server.metric("websocket_connections_opened_total")
    assert opened == await server.metric("websocket_connections_closed_total")


async def test_burst__of_thousands_is_served_and_accounted_for(describe: Start, ledger: Ledger) -> None:
    server = describe()
    server.as_started_by_command()
    server.start()
    await all_at_once(ledger, server.port, [VISIT] * CONNECTIONS)

    assert len(ledger.accepted()) == CONNECTIONS
    await server.accounts_for(ledger, late=LATE_SECONDS)
    await assert_nothing_is_open(server)
    assert await server.metric("lifecycle_events_dropped_total") == 0
    assert server.complaints() == []


async def make_ghost(server: FaultServer, ledger: Ledger) -> None:
    """Make connections until the server does not tell the application of the end of one.

    It does not forget those that its own timeout, every other second, finds before autobahn's does.
    """
    for made in range(1, TRIES):
        await all_at_once(ledger, server.port, [GHOST])
        # When the server answers this, its event loop has handled the end of the connection.
        await server.metric("websocket_connections_open")
        if server.said().count(TOLD) < made:
            return
    raise AssertionError("there is no ghost, and the test shows nothing")


async def test_ghosts__that_the_server_never_reports_are_found_and_ended(start: Start, ledger: Ledger) -> None:
    server = start("daphne", *SHORT)
    await make_ghost(server, ledger)
    # A burst on a busy event loop makes more of them.
    await all_at_once(ledger, server.port, [VISIT] * 50 + [GHOST] + [VISIT] * 250)
    ledger.unopened_may_be("handshake_timeout")

    assert not any("haunts" in entry.path for entry in ledger.accepted())
    await server.accounts_for(ledger, late=LATE_SECONDS)
    await assert_nothing_is_open(server)


async def test_zombies__whose_application_returned_are_open_until_their_peer_leaves(
    start: Start, ledger: Ledger
) -> None:
    server = start("daphne")
    async with AsyncExitStack() as stack:
        entries = [ledger.open("returns") for _ in range(3)]
        zombies = [await stack.enter_async_context(connected(server.port, entry)) for entry in entries]
        for zombie in zombies:
            zombie.send("enough for this application")
        # Two sweeps pass. A sweep that finds nothing leaves no trace to wait for.
        await asyncio.sleep(SWEEP_SECONDS * 2.5)
        assert await server.metric("websocket_connections_open") == 3
        await zombies[0].close(4001, "client_application")
        zombies[1].reset("network_lost")
        ledger.all_end("server_shutdown")
        await asyncio.to_thread(server.stop)

    assert_same(ledger, server.connections())
