"""A burst of 500 connections: every scrape is consistent, and metrics, rows and clients agree at the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.conftest import Start
from tests.integration.raw_socket import RawSocket, connected, refused_status
from tests.integration.rows import unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

CONNECTIONS = 500
PATIENCE = 120.0
#: On a slow machine, a burst takes Daphne longer than its default handshake timeout of 5 s.
OPTIONS = {"daphne": ("--websocket_connect_timeout", "60"), "uvicorn": ()}
#: What each fifth of the clients does, and the verdict on it.
KINDS = [
    ("echo", "client_normal"),
    ("plain", "network_lost"),
    ("closes", "server_application"),
    ("sync_echo", "client_application"),
    ("refuses", "rejected"),
]
EACH = CONNECTIONS // len(KINDS)
#: Scrapes while all clients are connected.
AT_THE_PEAK = 5
ACCEPTED = CONNECTIONS - EACH


class Scrape:
    """The numbers of one scrape, by endpoint."""

    def __init__(self, text: str) -> None:
        """Read a scrape in the text format."""
        self.sums: Counter[tuple[str, str]] = Counter()
        self.causes: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if endpoint := sample.labels.get("endpoint"):
                    self.sums[sample.name, endpoint] += int(sample.value)
                    self.causes[sample.name][endpoint, sample.labels.get("cause", "")] += int(sample.value)
        self.endpoints = {endpoint for _, endpoint in self.sums}

    def total(self, name: str) -> float:
        """Return the sum of a metric over all endpoints."""
        return sum(self.sums[name, endpoint] for endpoint in self.endpoints)

    def differences(self) -> list[float]:
        """Return opened - closed - open of each endpoint: 0, if the scrape is consistent."""
        return [
            self.sums["websocket_connections_opened_total", endpoint]
            - self.sums["websocket_connections_closed_total", endpoint]
            - self.sums["websocket_connections_open", endpoint]
            for endpoint in self.endpoints
        ]


async def scrape(server: Server) -> Scrape:
    """Read the metrics now."""
    return Scrape((await asyncio.to_thread(server.get, "/metrics")).text)


async def scrape_on(server: Server, until: asyncio.Event) -> list[Scrape]:
    """Read the metrics again and again."""
    scrapes = []
    while not until.is_set():
        scrapes.append(await scrape(server))
    return scrapes


async def visit(server: Server, kind: str, together: asyncio.Barrier) -> None:
    """Open a connection, wait until all are open, and end it as clients of this kind do."""
    if kind == "refuses":
        assert await refused_status(server.port, unique(kind)) == 403
        return
    async with connected(server.port, unique(kind)) as socket:
        await together.wait()
        await together.wait()
        await leave(socket, kind)


async def leave(socket: RawSocket, kind: str) -> None:
    """End a connection as clients of this kind do."""
    match kind:
        case "echo":
            assert await socket.ask_for("hello") == "hello"
            await socket.close(1000)
        case "sync_echo":
            await socket.close(4001, "bye")
        case "closes":
            await socket.send("4002")
            assert await socket.seen(echo=4002) == 4002
        case _:
            socket.reset()


async def burst(server: Server) -> list[Scrape]:
    """Have all clients come and go at once; return what was read while all were there, and stayed for it."""
    together = asyncio.Barrier(ACCEPTED + 1)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        for number in range(CONNECTIONS):
            kind, _ = KINDS[number % len(KINDS)]
            tasks.create_task(visit(server, kind, together))
        await together.wait()
        peaks = [await scrape(server) for _ in range(AT_THE_PEAK)]
        await together.wait()
    return peaks


async def ended_rows(server: Server) -> Counter[tuple[str, str]]:
    """Return the number of rows by endpoint and cause, as soon as every connection has ended."""
    query = (
        "SELECT endpoint, cause, count(*) AS number FROM lifecycle_connection WHERE state <> 'open' GROUP BY 1, 2"
    )
    deadline = time.monotonic() + PATIENCE
    while True:
        counts = Counter({(row["endpoint"], row["cause"]): row["number"] for row in server.rows.select(query)})
        if counts.total() >= CONNECTIONS:
            return counts
        assert time.monotonic() < deadline, f"{counts.total()} of {CONNECTIONS} rows ended: {counts}"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("software", OPTIONS)
async def test_burst__is_consistent_in_every_scrape_and_counted_alike_everywhere(
    start: Start, software: str
) -> None:
    server = start(software, *OPTIONS[software])
    over = asyncio.Event()
    scraping = asyncio.create_task(scrape_on(server, over))
    peaks = await burst(server)
    rows = await ended_rows(server)
    over.set()
    scrapes = [*await scraping, *peaks, last := await scrape(server)]

    assert len(scrapes) > 5
    assert [one.differences() for one in scrapes if any(one.differences())] == []
    assert {peak.total("websocket_connections_open") for peak in peaks} == {ACCEPTED}
    assert last.total("websocket_connections_open") == 0
    assert last.total("websocket_connections_opened_total") == ACCEPTED
    ledger = Counter({(f"ws/{kind}/<str:mark>/", cause): EACH for kind, cause in KINDS})
    assert rows == ledger
    counted = last.causes["websocket_disconnects_total"] + last.causes["websocket_handshakes_rejected_total"]
    assert counted == ledger
    assert server.complaints() == []
