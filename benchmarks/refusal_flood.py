"""A flood of refused handshakes: its rows, its bytes, its CPU, and what the metrics and the page count.

The base is the number of handshakes that the clients sent, or the same flood with a row for each of them.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from benchmarks import report
from benchmarks.feed_bytes import SIGN_IN
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, python, running

PARALLEL = 40
#: Seconds for which a viewer watches the page after the flood.
LOOK_SECONDS = 2.5
#: Seconds to wait until everything is in the database.
SETTLE_SECONDS = 5.0
#: A process writes 5 rows per second, and those of 4 seconds at once.
ROWS_PER_SECOND, BURST_SECONDS = 5, 4
REJECTED = "websocket_handshakes_rejected_total"
EXACT = Aim("difference", 0)


class Flood(NamedTuple):
    """What a flood left behind."""

    sent: float
    seconds: float
    cpu: float
    rows: float
    size: float
    numbers: float
    metrics: float
    page: float
    unstored: float


def measure(rate: float, seconds: float, reasons: str, server: str) -> list[Line]:
    """Flood a server with the default limit, then one that writes a row for each refusal."""
    variants = ("guarded", "unlimited")
    limited, unlimited = (flooded(variant, server, rate, seconds, reasons) for variant in variants)
    sent, stored = [limited.sent], [limited.rows + limited.numbers]
    numbers, shown = [limited.numbers], [limited.unstored]
    rows = Aim("measured", ROWS_PER_SECOND * (limited.seconds + BURST_SECONDS) + 1)
    return [
        compared("Refused handshakes per second", "/s", [rate], [limited.sent / limited.seconds]),
        compared("Rows, compared with no limit", "", [unlimited.rows], [limited.rows], rows),
        compared("Growth of the database, compared with no limit", "KiB", [unlimited.size], [limited.size]),
        compared("CPU per handshake, compared with no limit", "ms", [unlimited.cpu], [limited.cpu]),
        compared("Rows and numbers in the database, compared with sent", "", sent, stored, EXACT),
        compared("Refusals in the metrics, compared with sent", "", sent, [limited.metrics], EXACT),
        compared("Refusals on the page, compared with sent", "", sent, [limited.page], EXACT),
        compared("Without a row on the page, compared with the database", "", numbers, shown, EXACT),
    ]


def flooded(variant: str, software: str, rate: float, seconds: float, reasons: str) -> Flood:
    """Flood one server and return what is in its database, its metrics and its page afterwards."""
    with running(variant, software) as server:
        cookie = python("-c", SIGN_IN, folder=server.folder).stdout
        server.load("look", path="/ws/dashboard/", cookie=cookie, seconds=LOOK_SECONDS)
        database = server.folder / "monitor.sqlite3"
        size, cpu, began = size_of(database), server.cpu_seconds(), time.perf_counter()
        sent = server.load("refuse", rate=rate, seconds=seconds, reasons=reasons, parallel=PARALLEL)["refused"]
        took = time.perf_counter() - began
        cpu = server.cpu_seconds() - cpu
        time.sleep(SETTLE_SECONDS)
        seen = server.load("look", path="/ws/dashboard/", cookie=cookie, seconds=LOOK_SECONDS)
        rows = count(database, "SELECT count(*) FROM lifecycle_connection WHERE state = 'rejected'")
        numbers = count(database, "SELECT coalesce(sum(count), 0) FROM lifecycle_unstoredrefusals")
        return Flood(
            sent, took, cpu / sent * 1000, rows, size_of(database) - size, numbers, scraped(server),
            seen["refused"], seen["unstored"],
        )  # fmt: skip


def size_of(database: Path) -> float:
    """Return the size of the used pages of a database in KiB, including those in its write-ahead log."""
    with closing(sqlite3.connect(database)) as connection:
        [[pages]] = connection.execute("PRAGMA page_count")
        [[page]] = connection.execute("PRAGMA page_size")
    return float(pages * page / 1024)


def count(database: Path, query: str) -> float:
    """Return the number that a query returns."""
    with closing(sqlite3.connect(database)) as connection:
        return float(connection.execute(query).fetchone()[0])


def scraped(server: Server) -> float:
    """Return the number of refused handshakes in the metrics."""
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == REJECTED)


if __name__ == "__main__":
    report.run(measure, __doc__, rate=1000.0, seconds=60.0, reasons="route,origin,token", server="daphne")
