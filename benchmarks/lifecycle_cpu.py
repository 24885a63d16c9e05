"""CPU time of a connection lifecycle (connect, one echo, close), for all three variants, on Daphne or Uvicorn."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from contextlib import ExitStack

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Result, Server, running

VARIANTS = ("bare", "writes", "monitor")
NAMES = {"writes": "a write per event", "monitor": "monitor"}
#: The aim for the monitor is for Daphne: 1.12, with the noise of one run.
MONITOR_AIM = Aim("ratio", 1.14)
WARM_UP = 300
#: Python collects the garbage of a whole server process about every 700 connections, which takes as long as a
#: hundred connections. Each server therefore serves thousands of connections, to average that out. The servers
#: take turns, because the speed of the machine changes over time. This is the number of turns of each server.
PORTIONS = 6
#: Seconds after the last close until the events are in the database; all variants wait equally long.
SETTLE_SECONDS = 1.2


def measure(rounds: int, connections: int, parallel: int, server: str) -> list[Line]:
    """Measure all variants in each round, on fresh servers, and compare the results of the same round."""
    results: dict[str, list[Result]] = defaultdict(list)
    for _ in range(rounds):
        for variant, result in one_round(connections, parallel, server).items():
            results[variant].append(result)
    return [line for variant in NAMES for line in compare(variant, results, server)]


def one_round(connections: int, parallel: int, software: str) -> dict[str, Result]:
    """Start a server for each variant, let the servers take turns, and return the mean figures of each."""
    portions: dict[str, list[Result]] = defaultdict(list)
    with ExitStack() as stack:
        servers = {variant: stack.enter_context(running(variant, software)) for variant in VARIANTS}
        for server in servers.values():
            lives(server, WARM_UP, parallel)
        for number in range(PORTIONS):
            turn = number % len(VARIANTS)
            for variant in (*VARIANTS[turn:], *VARIANTS[:turn]):
                portions[variant].append(lives(servers[variant], connections // PORTIONS, parallel))
    return {variant: mean(results) for variant, results in portions.items()}


def mean(portions: list[Result]) -> Result:
    """Return the mean of each figure; all portions have the same size."""
    return {name: statistics.mean(result[name] for result in portions) for name in portions[0]}


def lives(server: Server, number: int, parallel: int) -> Result:
    """Open, use and close connections; return the load's result and the server's CPU time per connection."""
    before = server.cpu_seconds()
    result = server.load("lives", number=number, parallel=parallel)
    time.sleep(SETTLE_SECONDS)
    return {**result, "cpu_ms": (server.cpu_seconds() - before) / number * 1000}


def compare(variant: str, results: dict[str, list[Result]], software: str) -> list[Line]:
    """Return the lines that compare a variant with the bare application."""

    def line(what: str, unit: str, key: str, scale: float = 1, aim: Aim | None = None) -> Line:
        base, measured = ([result[key] * scale for result in results[name]] for name in ("bare", variant))
        where = "" if software == "daphne" else f" on {software.capitalize()}"
        return compared(f"{what}{where}, {NAMES[variant]}", unit, base, measured, aim)

    return [
        line(
            "CPU per connection lifecycle",
            "ms",
            "cpu_ms",
            aim=MONITOR_AIM if (variant, software) == ("monitor", "daphne") else None,
        ),
        line("Connect rate", "/s", "rate"),
        line("Handshake p50", "ms", "p50", 1000),
        line("Handshake p99", "ms", "p99", 1000),
    ]


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, connections=6000, parallel=16, server="daphne")
