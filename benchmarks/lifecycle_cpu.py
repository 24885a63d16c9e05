"""CPU time of a connection's life (connect, one echo, close) on Daphne: bare, a write per event, the monitor."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from contextlib import ExitStack

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Seen, Server, daphne

VARIANTS = ("bare", "writes", "monitor")
NAMES = {"writes": "a write per event", "monitor": "monitor"}
AIMS = {"writes": None, "monitor": Aim("ratio", 1.10)}
WARM_UP = 300
#: Python's garbage collector looks through all of a Daphne every 700 connections or so, which takes as long as a
#: hundred of them. So each server serves thousands, else chance decides; in turns, since machines have moods.
PORTIONS = 6
#: Seconds after the last close in which the record reaches the database; the same for all.
SETTLE_SECONDS = 1.2


def measure(rounds: int, connections: int, parallel: int) -> list[Line]:
    """Run the three side by side, each round on fresh servers, and compare round by round."""
    taken: dict[str, list[Seen]] = defaultdict(list)
    for _ in range(rounds):
        for variant, seen in one_round(connections, parallel).items():
            taken[variant].append(seen)
    return [line for variant in NAMES for line in compare(variant, taken)]


def one_round(connections: int, parallel: int) -> dict[str, Seen]:
    """Start a server of each, warm it up, and have them serve portions in turns; return the mean figures."""
    portions: dict[str, list[Seen]] = defaultdict(list)
    with ExitStack() as stack:
        servers = {variant: stack.enter_context(daphne(variant)) for variant in VARIANTS}
        for server in servers.values():
            lives(server, WARM_UP, parallel)
        for number in range(PORTIONS):
            turn = number % len(VARIANTS)
            for variant in (*VARIANTS[turn:], *VARIANTS[:turn]):
                portions[variant].append(lives(servers[variant], connections // PORTIONS, parallel))
    return {variant: mean(seen) for variant, seen in portions.items()}


def mean(portions: list[Seen]) -> Seen:
    """Return the mean of each figure over the portions, which are of one size."""
    return {name: statistics.mean(seen[name] for seen in portions) for name in portions[0]}


def lives(server: Server, number: int, parallel: int) -> Seen:
    """Run connections through a server; return what the load saw, and the server's CPU time of each in ms."""
    before = server.cpu_seconds()
    seen = server.load("lives", number=number, parallel=parallel)
    time.sleep(SETTLE_SECONDS)
    return {**seen, "cpu_ms": (server.cpu_seconds() - before) / number * 1000}


def compare(variant: str, taken: dict[str, list[Seen]]) -> list[Line]:
    """Return the lines of a variant beside the bare one."""

    def line(what: str, unit: str, key: str, scale: float = 1, aim: Aim | None = None) -> Line:
        base, measured = ([seen[key] * scale for seen in taken[one]] for one in ("bare", variant))
        return compared(f"{what}, {NAMES[variant]}", unit, base, measured, aim)

    return [
        line("CPU per connection lifecycle", "ms", "cpu_ms", aim=AIMS[variant]),
        line("Connect rate", "/s", "rate"),
        line("Handshake p50", "ms", "p50", 1000),
        line("Handshake p99", "ms", "p99", 1000),
    ]


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, connections=6000, parallel=16)
