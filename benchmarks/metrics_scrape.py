"""Time and bytes of a scrape of /metrics with few and with many connections open."""

from __future__ import annotations

import statistics
import time
from http.client import HTTPConnection

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, daphne

SCRAPES = 30
#: Seconds between two scrapes: they shall not come in step with the server's own ticks.
PAUSE_SECONDS = 0.13


def measure(rounds: int, few: int, many: int, rate: float) -> list[Line]:
    """Scrape a server that holds few connections, then one that holds many."""
    taken: dict[int, list[tuple[float, float]]] = {few: [], many: []}
    for _ in range(rounds):
        for number, kept in taken.items():
            with daphne("monitor") as server, server.holding(number, rate):
                kept.append(scraped(server, number))
    aim = Aim("ratio", 1.2)
    times, sizes = ({number: [one[index] for one in kept] for number, kept in taken.items()} for index in (0, 1))
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
    told = f'websocket_connections_open{{endpoint="ws/echo/"}} {float(connections)}\n'
    if told.encode() not in body:
        raise RuntimeError(f"/metrics does not tell of {connections} open connections: {body[:2000].decode()}")
    return statistics.median(times) * 1000, len(body)


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, few=100, many=10_000, rate=200.0)
