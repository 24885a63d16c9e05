"""A database that refuses or hangs under load: connections are not affected, it is shown, nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from monitor_project.settings import SQLITE_OPTIONS
from tests.faults.conftest import Start
from tests.faults.ledger import Ledger
from tests.faults.load import LIVES, at_rate, p99
from tests.faults.outages import hanging, stopped
from tests.faults.server import FaultServer, until
from tests.faults.viewer import viewing
from tests.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

#: Connects a second, and for how many seconds with the database.
RATE = 100
BEFORE_SECONDS = 2.5
#: Seconds without the database. A write is called hanging after 5 s. The long version takes a minute.
REFUSING_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "3"))
HANGING_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "6"))
#: How long SQLite waits for a lock before it fails, in seconds.
BUSY_SECONDS = 1.0
#: A handshake may take longer during an outage by this factor, and by these seconds for whatever else the machine
#: does. A handshake that waits for the database takes BUSY_SECONDS at least.
FACTOR, NOISE_SECONDS = 1.5, 0.7

Fault = Callable[[], AbstractContextManager[None]]


async def survives(server: FaultServer, ledger: Ledger, fault: Fault, seconds: float) -> None:
    """Assert what must hold before, during and after an outage."""
    async with viewing(server) as viewer:
        before, during = Ledger(), Ledger()
        await at_rate(before, server.port, RATE, BEFORE_SECONDS, LIVES)
        assert (await server.ready())[0] == 200
        with fault():
            await at_rate(during, server.port, RATE, seconds, LIVES)
            assert len(during.accepted()) > RATE * seconds / 2
            assert await server.metric("lifecycle_spool_events") >= 2 * len(during.accepted())
            assert await server.ready() == (503, {"database": "unusable", "spool": "ok"})
            assert (await viewer.sees(lambda trust: not trust["writing"]))["spool"] > 0
        ledger.entries = [*before, *during]
        await server.accounts_for(ledger)
        assert (await viewer.sees(lambda trust: trust["writing"]))["dropped"] == 0
        assert (await server.ready())[0] == 200
        await until(lambda: is_empty(server))
    limit = FACTOR * p99(before.accepted()) + NOISE_SECONDS
    assert p99(during.accepted()) < limit


async def is_empty(server: FaultServer) -> bool:
    """Return whether the spool has been drained."""
    return await server.metric("lifecycle_spool_events") == 0


@pytest.mark.parametrize(
    ("software", "busy_seconds", "seconds"),
    [("daphne", 20, HANGING_SECONDS), ("uvicorn", BUSY_SECONDS, REFUSING_SECONDS)],
    ids=["waits", "refuses"],
)
async def test_sqlite__locked_by_another_writer(
    start: Start, ledger: Ledger, software: str, busy_seconds: float, seconds: float
) -> None:
    options = "; ".join([SQLITE_OPTIONS["init_command"], f"PRAGMA busy_timeout={busy_seconds * 1000:.0f}"])
    server = start(software, database_options={"timeout": busy_seconds, "init_command": options})
    await survives(server, ledger, lambda: server.rows.locked(), seconds)


@pytest.mark.parametrize(
    ("software", "outage", "seconds"),
    [("uvicorn", stopped, REFUSING_SECONDS), ("daphne", hanging, HANGING_SECONDS)],
    ids=["stopped", "hanging"],
)
async def test_postgres__stopped_or_hanging_loses_nothing(
    start: Start,
    ledger: Ledger,
    postgres: Postgres,
    postgres_url: str,
    software: str,
    outage: Callable[[Postgres], AbstractContextManager[None]],
    seconds: float,
) -> None:
    server = start(software, database=postgres_url)
    await survives(server, ledger, lambda: outage(postgres), seconds)
