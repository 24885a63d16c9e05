"""Orderly stops: open connections are recorded as ``server_shutdown`` before the process ends."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.client import Client, knock
from tests.faults.conftest import Start
from tests.faults.ledger import Ledger, assert_same
from tests.faults.load import open_many
from tests.faults.server import FaultServer, until
from tests.integration.servers import PATIENCE
from tests.ports import HOST

pytestmark = pytest.mark.slow

SOCKETS = 1000
HANDSHAKES = 20
SERVERS = {
    "daphne": ("daphne", "application"),
    "uvicorn": ("uvicorn", "application"),
    "uvicorn-without-lifespan": ("uvicorn", "without_lifespan"),
}
#: By default Daphne gives up a handshake after 5 s, and Uvicorn waits forever for half a request.
OPTIONS = {
    "daphne": ("--websocket_connect_timeout", "60"),
    "uvicorn": ("--timeout-graceful-shutdown", "1"),
}
#: Each server with each signal; all connections with SIGTERM, which supervisors send.
STOPS = [
    pytest.param(*SERVERS[name], number, SOCKETS if number is signal.SIGTERM else 100, id=f"{name}-{number.name}")
    for name in SERVERS
    for number in (signal.SIGTERM, signal.SIGINT)
]


@contextmanager
def half_a_post(server: FaultServer) -> Iterator[None]:
    """Keep a request open whose body never ends."""
    with socket.create_connection((HOST, server.port)) as connection:
        connection.sendall(b"POST /token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf of")
        yield


async def handshakes_under_way(server: FaultServer, ledger: Ledger) -> list[Client]:
    """Return clients whose handshakes the application has received and does not answer."""
    knocking = [await knock(server.port, ledger.open("never_accepts")) for _ in range(HANDSHAKES)]

    def reached() -> bool:
        query = "SELECT count(*) AS n FROM lifecycle_connection WHERE path LIKE ?"
        return server.rows.select(query, "/ws/never_accepts/%")[0]["n"] == HANDSHAKES

    await until(reached)
    return knocking


def described(start: Start, software: str, application: str) -> FaultServer:
    """Start a server with options for the load."""
    return start(software, *OPTIONS[software], application=f"tests.faults.application:{application}")


def assert_all_written(server: FaultServer, ledger: Ledger) -> None:
    """Assert that the record is complete without the next start of the server."""
    assert_same(ledger, server.connections())
    assert [row["end"] for row in server.rows.processes()] == ["stopped"]
    assert server.spooled() == []
    assert server.complaints() == []


@pytest.mark.parametrize(("software", "application", "number", "sockets"), STOPS)
async def test_signal__with_sockets_handshakes_and_a_request_under_way_loses_nothing(
    start: Start, ledger: Ledger, software: str, application: str, number: signal.Signals, sockets: int
) -> None:
    server = described(start, software, application)
    with half_a_post(server):
        opened = await open_many(ledger, server.port, sockets)
        opened += await handshakes_under_way(server, ledger)
        ledger.all_end("server_shutdown")
        await asyncio.to_thread(server.stop, number)
    await asyncio.gather(*(client.gone for client in opened))
    assert_all_written(server, ledger)


@pytest.mark.parametrize(("software", "application"), SERVERS.values(), ids=SERVERS)
async def test_second_signal__while_the_database_keeps_the_first_waiting_changes_nothing(
    start: Start, ledger: Ledger, software: str, application: str
) -> None:
    server = described(start, software, application)
    opened = await open_many(ledger, server.port, 50)
    await until(lambda: len(server.connections()) == len(opened))
    with server.rows.locked():
        ledger.all_end("server_shutdown")
        server.process.send_signal(signal.SIGTERM)
        # Time for a server that does not wait to end.
        await asyncio.sleep(0.5)
        assert server.process.poll() is None, "it did not wait, and the test shows nothing"
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
    await asyncio.to_thread(server.process.wait, PATIENCE)
    assert_all_written(server, ledger)


@pytest.mark.one_database  # The options that shorten the outage are SQLite's.
@pytest.mark.parametrize(("software", "sockets"), [("daphne", 0), ("daphne", 20), ("uvicorn", 20)])
async def test_stop__in_an_outage_that_outlasts_it_is_recorded_by_the_next_start(
    start: Start, ledger: Ledger, software: str, sockets: int
) -> None:
    impatient = {"timeout": 1, "init_command": "PRAGMA journal_mode=WAL; PRAGMA busy_timeout=1000"}
    quick = {"STOP_SECONDS": 2.0, "HEARTBEAT_SECONDS": 1.0, "LEASE_SECONDS": 4.0}
    server = start(software, *OPTIONS[software], lifecycle=quick, database_options=impatient)
    opened = await open_many(ledger, server.port, sockets)
    await until(lambda: len(server.connections()) == sockets and len(server.rows.processes()) == 1)
    with server.rows.locked():
        ledger.all_end("server_shutdown")
        await asyncio.to_thread(server.stop, signal.SIGTERM)
    await asyncio.gather(*(client.gone for client in opened))
    assert [row["end"] for row in server.rows.processes()] == [""]

    await asyncio.to_thread(server.start)
    await until(lambda: [row["end"] for row in server.rows.processes()] == ["stopped", ""])
    assert_same(ledger, server.connections())
