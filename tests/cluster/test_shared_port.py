"""Processes behind one shared socket or port: a scrape of any of them has the counts of all."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.cluster.cluster import labelled
from tests.cluster.conftest import NewDatabase
from tests.cluster.pages import Page, close_all, open_many
from tests.faults.ledger import Ledger
from tests.faults.server import FaultServer, until
from tests.integration.servers import MONITOR, ROOT
from tests.ports import HOST

pytestmark = pytest.mark.slow

SHARE, SCRAPES = 12, 30
OPEN, OPENED = "websocket_connections_open", "websocket_connections_opened_total"
SPOOLED = "lifecycle_spool_events"

Run = Callable[[Path, str], AbstractContextManager[FaultServer]]


def host(software: str, data: Path, database: str, *options: str) -> FaultServer:
    """Return a server whose processes share a spool folder and report for each other."""
    data.mkdir(exist_ok=True)
    return FaultServer(software, data, *options, application=MONITOR, database=database, METRICS_SCOPE="host")


@contextmanager
def uvicorn_workers(data: Path, database: str) -> Iterator[FaultServer]:
    """Run one Uvicorn with two workers."""
    with host("uvicorn", data, database, "--workers", "2") as server:
        yield server
        # A kill of the parent would leave its workers running.
        server.stop()


@contextmanager
def daphnes_on_one_socket(data: Path, database: str) -> Iterator[FaultServer]:
    """Run two Daphnes on one listening socket, as a supervisor does."""
    with ExitStack() as stack, socket.create_server((HOST, 0), backlog=128) as listening:
        number = listening.fileno()
        first = host("daphne", data, database)
        first.port = listening.getsockname()[1]
        command = [sys.executable, "-m", "daphne", "--fd", str(number), MONITOR]
        for _ in range(2):
            with first.log.open("ab") as log:
                one = subprocess.Popen(
                    command, cwd=ROOT, env=first.environment, pass_fds=[number], stdout=log, stderr=log
                )
            stack.callback(one.wait)
            stack.callback(one.kill)
        yield first


def by_process(server: FaultServer, name: str) -> dict[str, float]:
    """Return the sum of a metric for each process, from one scrape."""
    found: dict[str, float] = {}
    for labels, value in labelled(server.get("/metrics").text, name).items():
        process = dict(labels)["process"]
        found[process] = found.get(process, 0) + value
    return found


async def open_without(process: psutil.Process, ledger: Ledger, port: int) -> list[Page]:
    """Suspend a process and return pages that connected to others; the kernel would choose any process."""
    process.suspend()
    try:
        return await open_many(ledger, port, SHARE)
    finally:
        process.resume()


@pytest.mark.parametrize("run", [uvicorn_workers, daphnes_on_one_socket], ids=["uvicorn", "daphne"])
async def test_scrape__answers_for_all_and_never_bounces(
    tmp_path: Path, new_database: NewDatabase, ledger: Ledger, run: Run
) -> None:
    with run(tmp_path / "data", new_database()) as server:
        await until(lambda: len(by_process(server, SPOOLED)) == 2)
        processes = [psutil.Process(int(name.partition(":")[2])) for name in by_process(server, SPOOLED)]
        pages = [page for one in processes for page in await open_without(one, ledger, server.port)]
        await until(lambda: sum(by_process(server, OPEN).values()) == len(pages))
        found = by_process(server, OPEN)
        assert list(found.values()) == [SHARE, SHARE]
        for _ in range(SCRAPES):
            assert by_process(server, OPEN) == found

        await close_all(pages)
        await until(lambda: sum(by_process(server, OPEN).values()) == 0)
        for _ in range(SCRAPES):
            assert by_process(server, OPENED) == found
