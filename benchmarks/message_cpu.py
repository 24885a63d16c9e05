"""CPU time per message of 100 bytes, echoed at full rate, with and without the monitor."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, running

WARM_UP = 2000


def measure(rounds: int, messages: int, parallel: int) -> list[Line]:
    """Measure both variants in each round, on fresh servers; the order alternates."""
    results: dict[str, list[float]] = {"bare": [], "monitor": []}
    for number in range(rounds):
        order = sorted(results, reverse=bool(number % 2))
        with ExitStack() as stack:
            servers = {variant: stack.enter_context(running(variant)) for variant in order}
            for server in servers.values():
                echo(server, WARM_UP, parallel)
            for variant, server in servers.items():
                results[variant].append(echo(server, messages, parallel))
    return [compared("CPU per message", "us", results["bare"], results["monitor"], Aim("ratio", 1.05))]


def echo(server: Server, number: int, parallel: int) -> float:
    """Echo messages; return the server's CPU time in microseconds per message and its echo."""
    before = server.cpu_seconds()
    server.load("echo", number=number, parallel=parallel)
    return (server.cpu_seconds() - before) / number * 1e6


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=7, messages=16000, parallel=8)
