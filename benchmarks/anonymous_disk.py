"""Disk that anonymous clients of the status socket use: per connection, and per second with a flood of reports."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import data_dir, running

PARALLEL = 30
#: The reports of each connection in the flood. With more, Daphne cancels applications that are late.
REPORTS = 20
MEGABYTE = 1e6
AIM = Aim("measured", 0.5)


def measure(rounds: int, seconds: float) -> list[Line]:
    """Measure each round on two fresh servers: connections without reports, and with as many as possible."""
    results = [(flood(0, seconds), flood(REPORTS, seconds)) for _ in range(rounds)]
    silent, loud = zip(*results, strict=True)
    return [
        compared(
            "Disk of anonymous connections: without, with reports",
            "B/connection",
            [run.bytes / run.connections for run in silent],
            [run.bytes / run.connections for run in loud],
        ),
        compared(
            "Disk of anonymous connections: all, only their reports",
            "MB/s",
            [run.bytes / run.seconds / MEGABYTE for run in loud],
            [(with_.bytes - with_.connections * without.bytes / without.connections) / with_.seconds / MEGABYTE
             for without, with_ in results],
            AIM,
        ),
        compared(
            "Anonymous connections per second: without, with reports",
            "/s",
            [run.connections / run.seconds for run in silent],
            [run.connections / run.seconds for run in loud],
        ),
    ]  # fmt: skip


class Flood(NamedTuple):
    """The connections of one flood, its duration, and by how many bytes the data folder grew."""

    connections: int
    seconds: float
    bytes: int


def flood(reports: int, seconds: float) -> Flood:
    """Open and close connections as fast as possible; measure after the server has written everything."""
    with data_dir() as folder:
        empty = size_of(folder)
    with running("monitor") as server:
        server.load("pages", path="/ws/status/", number=reports, seconds=seconds, parallel=PARALLEL)
        server.stop()
        return Flood(connections_in(server.folder), seconds, size_of(server.folder) - empty)


def size_of(folder: Path) -> int:
    """Return the size of the database and the spool."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def connections_in(folder: Path) -> int:
    """Return the number of recorded connections."""
    with closing(sqlite3.connect(folder / "monitor.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM lifecycle_connection").fetchone()[0])


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, seconds=30.0)
