"""CPU time of a connection's life (connect, one echo, close) on Daphne: bare, a write per event, the monitor."""

from __future__ import annotations

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
#: Seconds after the last close in which the record reaches the database; the same for all.
SETTLE_SECONDS = 1.0


def measure(rounds: int, connections: int, parallel: int) -> list[Line]:
    """Run the three side by side, each round on fresh servers in another order, and compare round by round."""
    taken: dict[str, list[Seen]] = defaultdict(list)
    for number in range(rounds):
        turn = number % len(VARIANTS)
        for variant, seen in one_round((*VARIANTS[turn:], *VARIANTS[:turn]), connections, parallel).items():
            taken[variant].append(seen)
    return [line for variant in NAMES for line in compare(variant, taken)]


def one_round(variants: tuple[str, ...], connections: int, parallel: int) -> dict[str, Seen]:
    """Start a server of each, warm it up, and take each one's figures."""
    with ExitStack() as stack:
        servers = {variant: stack.enter_context(daphne(variant)) for variant in variants}
        for server in servers.values():
            lives(server, WARM_UP, parallel)
        return {variant: lives(server, connections, parallel) for variant, server in servers.items()}


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
    report.run(measure, __doc__, rounds=9, connections=1500, parallel=16)
