"""Runs all benchmarks and prints their results in one table: ``make bench``.

Each benchmark receives the options of the command line, for example ``--rounds 1``.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import from_json, shown

BENCHMARKS = (
    "lifecycle_cpu",
    "lifecycle_cpu --server uvicorn",
    "message_cpu",
    "idle_memory",
    "writer_rate",
    "metrics_scrape",
    "feed_bytes",
)


def main() -> None:
    """Run each benchmark in a separate process, because each uses another database."""
    lines = []
    for benchmark in BENCHMARKS:
        print(f"{benchmark} ...", file=sys.stderr, flush=True)
        name, *options = benchmark.split()
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *options, *sys.argv[1:]]
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
        lines += from_json(done.stdout)
    print(shown(lines))


if __name__ == "__main__":
    main()
