"""CPU time of a message of 100 bytes that is echoed at full rate, with the monitor and without."""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, daphne

WARM_UP = 2000


def measure(rounds: int, messages: int, parallel: int) -> list[Line]:
    """Echo on both side by side, each round on fresh servers and the other one first."""
    taken: dict[str, list[float]] = {"bare": [], "monitor": []}
    for number in range(rounds):
        order = sorted(taken, reverse=bool(number % 2))
        with ExitStack() as stack:
            servers = {variant: stack.enter_context(daphne(variant)) for variant in order}
            for server in servers.values():
                echo(server, WARM_UP, parallel)
            for variant, server in servers.items():
                taken[variant].append(echo(server, messages, parallel))
    return [compared("CPU per message", "us", taken["bare"], taken["monitor"], Aim("ratio", 1.05))]


def echo(server: Server, number: int, parallel: int) -> float:
    """Echo messages; return the server's CPU time of each, in and out, in microseconds."""
    before = server.cpu_seconds()
    server.load("echo", number=number, parallel=parallel)
    return (server.cpu_seconds() - before) / number * 1e6


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=7, messages=16000, parallel=8)
