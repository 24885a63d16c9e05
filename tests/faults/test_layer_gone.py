"""The channel layer's Redis stopped or hanging: only the live feed between processes is affected."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.faults.client import connected
from tests.faults.conftest import Start
from tests.faults.ledger import Entry, Ledger
from tests.faults.load import Life, at_rate, leaves_the_page, loses_its_network, says_hello_and_closes
from tests.faults.outages import hanging, stopped
from tests.faults.server import FaultServer, until
from tests.faults.viewer import viewing
from tests.redis_server import Redis

pytestmark = pytest.mark.slow

RATE, SECONDS = 40, 1.0
#: Applications that use no channel layer. The last test of this module has those that do.
LIVES = [Life("plain", live) for live in (says_hello_and_closes, leaves_the_page, loses_its_network)]


@pytest.mark.parametrize(
    ("software", "outage"), [("daphne", stopped), ("uvicorn", hanging)], ids=["stopped", "hanging"]
)
async def test_redis__stopped_or_hanging_affects_only_the_feed(
    start: Start,
    ledger: Ledger,
    redis: Redis,
    software: str,
    outage: Callable[[Redis], AbstractContextManager[None]],
) -> None:
    server = start(software, REDIS_URL=redis.url)
    status = Entry("/ws/status/")
    async with viewing(server) as viewer, connected(server.port, status) as page:
        assert json.loads(await page.message())["type"] == "welcome"
        assert (await viewer.sees(lambda trust: trust["feed"]))["writing"]
        with outage(redis):
            await viewer.sees(lambda trust: not trust["feed"])
            await at_rate(ledger, server.port, RATE, SECONDS, LIVES)
            assert json.loads(await page.ask('{"type": "ping", "n": 1}')) == {"type": "pong", "n": 1}
            # This process still sends snapshots, and only the feed is reported as lost.
            trust = await viewer.trust()
            assert (trust["processes"], trust["writing"], trust["dropped"]) == (1, True, 0)
            await server.accounts_for(ledger, alone=False)
            assert (await server.ready())[0] == 200
        await viewer.sees(lambda trust: trust["feed"])
        await page.close(1000, "client_normal")


async def test_redis__that_stops_ends_its_consumers_and_the_record_says_so(
    start: Start, ledger: Ledger, redis: Redis
) -> None:
    server = start("daphne", REDIS_URL=redis.url)
    async with connected(server.port, ledger.open("echo")) as client:
        assert await client.ask("hello") == b"hello"
        client.entry.ends("server_error")
        with stopped(redis):
            await client.gone
            assert client.close_code == 1011
    await server.accounts_for(ledger)


def feed_lines(server: FaultServer) -> list[str]:
    """Return the log's lines about the feed, without times."""
    return [
        line.split(": ", 1)[1] for line in server.said().splitlines() if "listen " in line or "publish " in line
    ]


async def test_redis__each_outage_is_logged_in_a_few_lines(start: Start, redis: Redis) -> None:
    server = start("daphne", REDIS_URL=redis.url)
    async with viewing(server) as viewer:
        for number in (1, 2):
            await viewer.sees(lambda trust: trust["feed"])
            with stopped(redis):
                await viewer.sees(lambda trust: not trust["feed"])
                # The layer's own task fails once per second.
                await asyncio.sleep(4)
            ends = 2 * number
            await until(lambda ends=ends: sum("succeeds again" in line for line in feed_lines(server)) == ends)
    assert "Traceback" not in server.said()
    assert sum("failed" in line for line in feed_lines(server)) in range(4, 7)
    assert len(server.said().splitlines()) < 20, server.said()
