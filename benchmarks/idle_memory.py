"""Memory per idle connection on Daphne, with and without the monitor."""

from __future__ import annotations

import time

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import running

WARM_UP = 200
SETTLE_SECONDS = 2.0


def measure(rounds: int, connections: int, rate: float) -> list[Line]:
    """Measure the two variants one after the other, each on a fresh server."""
    results: dict[str, list[float]] = {"bare": [], "monitor": []}
    for _ in range(rounds):
        for variant, measured in results.items():
            measured.append(kib_per_connection(variant, connections, rate))
    aim = Aim("difference", 4.0)
    return [compared("Memory per idle connection", "KiB", results["bare"], results["monitor"], aim)]


def kib_per_connection(variant: str, connections: int, rate: float) -> float:
    """Return the growth of a server in KiB per idle connection, after a warm-up with other connections."""
    with running(variant) as server:
        server.load("lives", number=WARM_UP)
        time.sleep(SETTLE_SECONDS)
        before = server.memory_bytes()
        with server.holding(connections, rate):
            time.sleep(SETTLE_SECONDS)
            return (server.memory_bytes() - before) / connections / 1024


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, connections=2000, rate=200.0)
