"""Python function calls per connection lifecycle, with and without the monitor, on Daphne and Uvicorn.

Unlike CPU times, the counts hardly depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import json
import pstats
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.server import COMMANDS, ROOT, Server, data_dir, raise_file_limit

CONNECTIONS, PARALLEL = 1000, 8


class Calls(NamedTuple):
    """The function calls per connection, and how many of them are functions of the monitor."""

    total: float
    own: float


class ProfiledServer(Server):
    """A server that writes the profile of its event loop's thread to a file in its data folder when it stops."""

    # After SIGTERM, Uvicorn ends itself with the same signal, and the profile would not be written.
    stop_signal = signal.SIGINT

    def module(self) -> list[str]:
        """Run the server under cProfile."""
        return ["-m", "cProfile", "-o", str(self.profile), "-m"]

    @property
    def profile(self) -> Path:
        """Return the path of the profile."""
        return self.folder / "calls.prof"


def counted(variant: str, software: str, connections: int) -> Calls:
    """Serve two loads of different sizes, so that the calls of the start cancel out; return the calls of one."""
    few, many = (calls(variant, software, number) for number in (connections // 4, connections))
    difference = connections - connections // 4
    return Calls((many.total - few.total) / difference, (many.own - few.own) / difference)


def calls(variant: str, software: str, connections: int) -> Calls:
    """Return the number of calls in a process that serves some connections."""
    with data_dir() as folder:
        server = ProfiledServer(variant, folder, software)
        try:
            server.load("lives", number=connections, parallel=PARALLEL)
        finally:
            server.stop()
        found = pstats.Stats(str(server.profile)).stats  # type: ignore[attr-defined]
    own = sum(count for (file, *_), (_, count, *_) in found.items() if file.startswith(str(ROOT / "lifecycle")))
    return Calls(sum(count for _, count, *_ in found.values()), own)


def measure(connections: int) -> Iterator[dict[str, str | float]]:
    """Yield the figures of each server."""
    for software in COMMANDS:
        bare = counted("bare", software, connections)
        monitored = counted("monitor", software, connections)
        yield {
            "server": software,
            "without": bare.total,
            "with": monitored.total,
            "own": monitored.own,
            "ratio": monitored.total / bare.total,
        }


def main() -> int:
    """Print a line for each server; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    raise_file_limit()
    lines = list(measure(options.connections))
    if options.json:
        print(json.dumps(lines))
        return 0
    print(f"{'calls per connection':<22} {'without':>8} {'with':>8} {'ratio':>6} {'own calls':>9}")
    for line in lines:
        figures = f"{line['without']:>8.0f} {line['with']:>8.0f} {line['ratio']:>6.3f} {line['own']:>9.0f}"
        print(f"{line['server']:<22} {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
