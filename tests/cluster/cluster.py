"""Three servers of the monitor that share a database and Redis, as if each ran on its own host."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.nginx import Nginx
from tests.faults.ledger import CLOCK_SECONDS, Ledger, compare
from tests.faults.server import FaultServer, until
from tests.integration.rows import PostgresRows, Row
from tests.integration.servers import MONITOR, ROOT

SIZE = 3
#: Seconds between two ticks of the live page, and seconds that a loaded machine may add.
TICK_SECONDS = 1.0
SLACK_SECONDS = 2.0
#: All processes of a cluster sign sessions with one key.
SECRET_KEY = "a key that protects nothing"
PAGES = "path = '/ws/status/'"
#: The ends of handshakes that a server which stops leaves unanswered.
HUNG_UP = ("abandoned", "server_shutdown")


class Cluster:
    """Servers with separate spool folders, so that none can adopt another's; use as a context manager."""

    def __init__(self, folder: Path, database: str, redis: str, lifecycle: dict[str, object]) -> None:
        """Describe the servers and the proxy before them; ``lifecycle`` are settings of the monitor."""
        self.rows = PostgresRows(database)
        self.settings: dict[str, Any] = {"database": database, "REDIS_URL": redis, "SECRET_KEY": SECRET_KEY}
        self.lifecycle = lifecycle
        self.servers = [self.describe(folder / f"host{number}") for number in range(SIZE)]
        self.proxy = Nginx(folder / "nginx", [one.port for one in self.servers])

    def describe(self, data: Path) -> FaultServer:
        """Return a server that is not started."""
        data.mkdir()
        options = ("--websocket_connect_timeout", "60")
        settings = {**self.settings, "TRUSTED_PROXIES": "127.0.0.1"}
        return FaultServer("daphne", data, *options, application=MONITOR, lifecycle=self.lifecycle, **settings)

    def __enter__(self) -> Self:
        """Start all at once."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(FaultServer.start, self.servers))
        self.proxy.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop all, whatever their state."""
        self.proxy.__exit__()
        for one in self.servers:
            one.__exit__()

    @property
    def living(self) -> list[FaultServer]:
        """Return the servers that run."""
        return [one for one in self.servers if one.process.poll() is None]

    def pids(self) -> list[int]:
        """Return the process ids of the servers that run."""
        return [one.process.pid for one in self.living]

    async def scraped(self, name: str) -> int:
        """Return the sum of a metric over all processes, each scraped at its own address."""
        return int(sum([await one.metric(name) for one in self.living]))

    def count(self, condition: str = "TRUE") -> int:
        """Return how many connections of the record fit a condition."""
        [row] = self.rows.select(f"SELECT count(*) AS n FROM lifecycle_connection WHERE {condition}")  # noqa: S608
        return int(row["n"])

    def pages(self, condition: str = "TRUE") -> list[Row]:
        """Return the rows of the status sockets that fit a condition; the path is the ledger's (see ``Page``)."""
        rows = self.rows.select(f"SELECT * FROM lifecycle_connection WHERE {PAGES} AND {condition}")  # noqa: S608
        return [{**row, "path": row["user_agent"]} for row in rows]

    def process_of(self, server: FaultServer) -> Row:
        """Return the latest row of a server's process."""
        query = "SELECT * FROM lifecycle_serverprocess WHERE pid = ? ORDER BY started_at DESC LIMIT 1"
        [row] = self.rows.select(query, server.process.pid)
        return row

    async def holder(self) -> FaultServer:
        """Return the server that holds the housekeeping lease, once one does."""
        holders: list[FaultServer] = []

        def held() -> bool:
            leases = self.rows.select("SELECT * FROM lifecycle_lease WHERE name = 'housekeeping'")
            ids = {lease["holder"] for lease in leases}
            holders[:] = [one for one in self.living if self.process_of(one)["id"] in ids]
            return bool(holders)

        await until(held)
        return holders[0]

    async def accounts_for(self, ledger: Ledger, late: float = 5.0) -> None:
        """Wait until the record agrees with the ledger on every connection; fail with the differences."""
        found = ["nothing was compared"]

        def same() -> bool:
            found[:] = self.differences(ledger, late)
            return not found

        try:
            await until(same, 15)
        except TimeoutError:
            raise AssertionError("\n".join([f"{len(found)} differences", *found[:20]])) from None

    def differences(self, ledger: Ledger, late: float) -> list[str]:
        """Return the differences between ledger and record, in words; open entries must have open rows."""
        began = min(entry.asked_at for entry in ledger) - CLOCK_SECONDS
        rows = [row for row in self.pages() if row["opened_at"].timestamp() >= began]
        open_rows = {row["path"] for row in rows if row["state"] == "open"}
        still_open = {entry.path for entry in ledger.still_open()}
        ended = [entry for entry in ledger if entry.path not in still_open]
        strays = [f"not open: {one}" for one in still_open - open_rows]
        strays += [f"open for ever: {one}" for one in open_rows - still_open]
        twice = len([row for row in rows if row["state"] == "open"]) - len(open_rows)
        strays += [f"{twice} are open twice"] if twice else []
        return strays + compare(ended, without_retries(row for row in rows if row["state"] != "open"), late)

    def said(self, words: str) -> list[str]:
        """Return the log lines of all servers that contain ``words``."""
        return [line for one in self.servers for line in one.said().splitlines() if words in line]

    def history(self, server: FaultServer, operator: dict[str, str]) -> dict[str, Any]:
        """Return a server's history of the last 15 minutes."""
        return json.loads(server.get("/dashboard/history/?range=15m", operator).text)

    def manage(self, *arguments: str) -> str:
        """Run a management command on the first server's host, and return its output."""
        return manage(self.servers[0].environment, *arguments)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a management command with these environment variables, and return its output."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def without_retries(rows: Iterable[Row]) -> list[Row]:
    """Return the rows without handshakes that nginx asked of another server, since the first one hung up on it.

    Each is a connection of its own to the record, but one and the same to the client.
    """
    rows = list(rows)
    accepted = {row["path"] for row in rows if row["state"] == "closed"}
    retried = [row for row in rows if row["state"] == "rejected" and row["path"] in accepted]
    return [row for row in rows if row not in retried or row["cause"] not in HUNG_UP]


def labelled(text: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """Return the samples of a metric by their labels, from the text of a scrape."""
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {tuple(sorted(one.labels.items())): one.value for one in samples if one.name == name}


async def within(seconds: float, condition: Callable[[], Any]) -> float:
    """Wait until a condition holds and return how many seconds it took; fail after ``seconds``."""
    began = time.monotonic()
    await until(condition, seconds)
    return time.monotonic() - began


async def signalled(server: FaultServer, number: signal.Signals) -> None:
    """Send a server a signal, and wait until it has ended."""
    await asyncio.to_thread(server.stop, number)
