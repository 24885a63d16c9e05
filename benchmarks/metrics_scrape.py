"""Time and size of a scrape of /metrics, with few and with many open connections."""

from __future__ import annotations

import statistics
import time
from http.client import HTTPConnection

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, running

SCRAPES = 30
#: Seconds between two scrapes. It does not divide a second evenly, so scrapes do not coincide with the ticks.
PAUSE_SECONDS = 0.13


def measure(rounds: int, few: int, many: int, rate: float) -> list[Line]:
    """Scrape a server with few connections, then a server with many."""
    results: dict[int, list[tuple[float, float]]] = {few: [], many: []}
    for _ in range(rounds):
        for number, measured in results.items():
            with running("monitor") as server, server.holding(number, rate):
                measured.append(scraped(server, number))
    aim = Aim("ratio", 1.2)
    times = {number: [milliseconds for milliseconds, _ in measured] for number, measured in results.items()}
    sizes = {number: [size for _, size in measured] for number, measured in results.items()}
    between = f"at {few:,} and at {many:,} open"
    return [
        compared(f"Scrape time {between}", "ms", times[few], times[many], aim),
        compared(f"Scrape size {between}", "bytes", sizes[few], sizes[many], aim),
    ]


def scraped(server: Server, connections: int) -> tuple[float, float]:
    """Return the median time of a scrape in ms, and its size in bytes."""
    client = HTTPConnection("127.0.0.1", server.port, timeout=30)
    times, body = [], b""
    for _ in range(SCRAPES):
        time.sleep(PAUSE_SECONDS)
        began = time.perf_counter()
        client.request("GET", "/metrics")
        body = client.getresponse().read()
        times.append(time.perf_counter() - began)
    expected = f'websocket_connections_open{{endpoint="ws/echo/"}} {float(connections)}\n'
    if expected.encode() not in body:
        raise RuntimeError(f"/metrics does not report {connections} open connections: {body[:2000].decode()}")
    return statistics.median(times) * 1000, len(body)


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, few=100, many=10_000, rate=200.0)
