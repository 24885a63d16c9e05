"""Runs every benchmark and prints one table: ``make bench``; arguments go to each, as in ``--rounds 1``."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.report import from_json, shown

NAMES = ("lifecycle_cpu", "message_cpu", "idle_memory", "writer_rate", "metrics_scrape", "feed_bytes")


def main() -> None:
    """Run each in a process of its own, since each has its own database."""
    lines = []
    for name in NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *sys.argv[1:]]
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
        lines += from_json(done.stdout)
    print(shown(lines))


if __name__ == "__main__":
    main()
