"""SIGKILL in the middle of a load: what the spool of the dead process holds is adopted, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from tests.faults.conftest import Start
from tests.faults.ledger import LOST, Ledger
from tests.faults.load import LIVES, STAY, UNTOLD_SECONDS, at_rate
from tests.faults.server import FaultServer, until
from tests.integration.rows import Row

pytestmark = pytest.mark.slow

#: Connects a second, and for how many seconds; the kill comes in between.
RATE = 400
SECONDS = 2.5
#: Connections that the server has accepted when it is killed.
BEFORE = 500
#: Every other connection stays, so that many are open when the process dies.
MIXED = [one for life in LIVES for one in (life, STAY)]
#: Under this load, Daphne must not give up handshakes by itself.
PATIENT = ("--websocket_connect_timeout", "60")
QUICK = {"HEARTBEAT_SECONDS": 1.0, "LEASE_SECONDS": 4.0}


async def kill_under_load(server: FaultServer, ledger: Ledger) -> None:
    """Kill a server under load; ends and handshakes that had begun may be caused by the kill."""
    load = asyncio.create_task(at_rate(ledger, server.port, RATE, SECONDS, MIXED))
    await until(lambda: len(ledger.accepted()) > BEFORE)
    began = time.time()
    await asyncio.to_thread(server.stop, signal.SIGKILL)
    ledger.all_end(LOST, since=began - UNTOLD_SECONDS)
    await load


def assert_lost_ones_are_estimates(server: FaultServer, rows: list[Row]) -> None:
    """Assert that lost connections end with the last heartbeat of their process, and never before they began."""
    heartbeats = {row["id"]: row["heartbeat_at"] for row in server.rows.processes()}
    lost = [row for row in rows if row["cause"] == LOST]
    assert lost
    for row in lost:
        begun = row["accepted_at"] or row["opened_at"]
        assert row["closed_at"] == max(begun, heartbeats[row["process_id"]])
        assert (row["exact"], row["initiator"]) == (False, "server")


async def test_kill__is_put_right_by_the_next_start(start: Start, ledger: Ledger) -> None:
    server = start("daphne", *PATIENT, lifecycle=QUICK)
    await kill_under_load(server, ledger)
    assert server.spooled(), "the database has everything, and the test shows nothing"

    await asyncio.to_thread(server.start)
    await server.accounts_for(ledger)
    assert_lost_ones_are_estimates(server, server.connections())
    assert [row["end"] for row in server.rows.processes()] == ["lost", ""]
    assert server.complaints() == []


async def test_kill__is_put_right_by_a_neighbour_that_runs_on_the_same_host(start: Start, ledger: Ledger) -> None:
    neighbour = start("daphne", lifecycle=QUICK)
    server = start("daphne", *PATIENT, lifecycle=QUICK)
    await kill_under_load(server, ledger)

    await neighbour.accounts_for(ledger)
    assert_lost_ones_are_estimates(neighbour, neighbour.connections())
    await until(lambda: not any(path.parent.name == dead_spool(neighbour) for path in neighbour.spooled()))
    assert [row["end"] for row in neighbour.rows.processes()] == ["", "lost"]
    assert neighbour.complaints() == []


def dead_spool(server: FaultServer) -> str:
    """Return the name of the spool of the process that was lost."""
    [lost] = [row for row in server.rows.processes() if row["end"] == "lost"]
    return str(lost["id"])
