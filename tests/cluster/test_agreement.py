"""The live page, the metrics, the database and the clients agree on the number of open connections."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from tests.cluster.cluster import SLACK_SECONDS, TICK_SECONDS, Cluster
from tests.cluster.pages import close_all, open_many
from tests.cluster.viewers import Viewer, viewing
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.slow

CONNECTIONS = 1500
LEAVING = 600

Operator = dict[str, str]


async def numbers(cluster: Cluster, viewers: list[Viewer]) -> list[int]:
    """Return the number of open connections by each source, without the viewers' own."""
    watching = len(viewers)
    return [
        *(viewer.latest["totals"]["open"] for viewer in viewers),
        await cluster.scraped("websocket_connections_open") - watching,
        await cluster.scraped("websocket_connections_opened_total")
        - await cluster.scraped("websocket_connections_closed_total")
        - watching,
        await asyncio.to_thread(cluster.count, "state = 'open'") - watching,
    ]


async def agree_on(number: int, cluster: Cluster, viewers: list[Viewer]) -> None:
    """Assert that all sources agree within two ticks, and still do one tick later."""
    deadline = time.monotonic() + 2 * TICK_SECONDS + SLACK_SECONDS
    while set(found := await numbers(cluster, viewers)) != {number}:
        assert time.monotonic() < deadline, f"not {number}: {found}"
        await asyncio.sleep(0.1)
    seen = [len(viewer.pictures) for viewer in viewers]
    for viewer, before in zip(viewers, seen, strict=True):
        await viewer.sees(lambda _, viewer=viewer, before=before: len(viewer.pictures) > before)
    assert set(await numbers(cluster, viewers)) == {number}


async def test_open__is_the_same_number_everywhere(calm: Cluster, operator: Operator, ledger: Ledger) -> None:
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(viewing(one.port, operator)) for one in calm.servers]
        pages = await open_many(ledger, calm.proxy.port, CONNECTIONS)
        assert len(ledger.still_open()) == CONNECTIONS
        await agree_on(CONNECTIONS, calm, viewers)
        shares = [await one.metric("websocket_connections_open") for one in calm.servers]
        assert min(shares) > CONNECTIONS / 6, "the proxy left a server out"

        await close_all(pages[:LEAVING])
        await agree_on(CONNECTIONS - LEAVING, calm, viewers)
        await close_all(pages)
        await agree_on(0, calm, viewers)
    await calm.accounts_for(ledger)


async def test_live_page__that_opens_sees_every_process_at_once(calm: Cluster, operator: Operator) -> None:
    for server in calm.servers:
        async with viewing(server.port, operator) as viewer:
            [first, *_] = viewer.pictures
            assert sorted(row["pid"] for row in first["processes"]) == sorted(calm.pids())
            assert first["trust"]["processes"] == len(calm.servers)
