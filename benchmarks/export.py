"""The memory and speed of an export from a real server; with clients that read fast, slowly, and not to the end.

Fills an SQLite database, exports all rows in each format, and prints the time of the first byte, the rate, how
much the memory of the server (RSS) grew, and how long ``/healthz`` took meanwhile. Then a client reads slowly, and
leaves in the middle: the CPU time after that shows whether the export stopped.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.server import BACKLOG, COMMANDS, ROOT, STOP_SECONDS, TICKS, data_dir, environment, python

FILL = "import sys, time; from benchmarks.query_plan_rows import fill; fill(int(sys.argv[1]), time.time())"
APPLICATION = "monitor_project.asgi:application"
FORMATS = ("csv", "ndjson")
CHUNK = 64 * 1024
MIB = 1024 * 1024
#: The slow client reads this many bytes per second, for this many seconds.
SLOW_BYTES, SLOW_SECONDS = MIB, 8.0
SAMPLE_SECONDS = 0.05


class Monitor:
    """The monitor on a real server, with a token for its API."""

    def __init__(self, folder: Path, software: str) -> None:
        """Start the server on a socket that already listens."""
        self.token = python("manage.py", "lifecycle_api_token", software, folder=folder).stdout.strip()
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
            self.port = listening.getsockname()[1]
            self.process = subprocess.Popen(  # noqa: S603 - one of COMMANDS
                [sys.executable, "-m", *COMMANDS[software], "--fd", str(listening.fileno()), APPLICATION],
                cwd=ROOT,
                env=environment(folder),
                pass_fds=[listening.fileno()],
            )

    def memory(self) -> float:
        """Return the resident set size in MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024

    def cpu(self) -> float:
        """Return the CPU time in seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @contextmanager
    def response(self, path: str) -> Iterator[HTTPResponse]:
        """Yield the response to a GET request; leave it when the caller has finished."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status} {response.read().decode()}")
            yield response

    def stop(self) -> None:
        """Shut the server down; kill it after ``STOP_SECONDS``."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Samples:
    """Samples the memory of a server, and the time of ``/healthz``, in a thread."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor, self.before = monitor, monitor.memory()
        self.memory, self.health = [self.before], [0.0]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> Samples:
        """Start."""
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.over.set()
        self.thread.join()

    def run(self) -> None:
        """Sample until the end."""
        while not self.over.wait(SAMPLE_SECONDS):
            self.memory.append(self.monitor.memory())
            began = time.perf_counter()
            with self.monitor.response("/healthz") as response:
                response.read()
            self.health.append((time.perf_counter() - began) * 1000)

    @property
    def grown(self) -> float:
        """Return by how many MiB the memory grew at most."""
        return max(self.memory) - self.before

    @property
    def p95(self) -> float:
        """Return the 95th percentile of the times of ``/healthz`` in milliseconds."""
        return sorted(self.health)[int(len(self.health) * 0.95)]


class Download(NamedTuple):
    """What a client received: the seconds until the first byte and the last one, the bytes, and the lines."""

    first: float
    last: float
    size: int
    lines: int


def download(monitor: Monitor, form: str) -> Download:
    """Download an export as fast as possible."""
    began, first, size, lines = time.perf_counter(), 0.0, 0, 0
    with monitor.response(f"/api/v1/connections.{form}") as response:
        while part := response.read1(CHUNK):
            first = first or time.perf_counter() - began
            size, lines = size + len(part), lines + part.count(b"\n")
    return Download(first, time.perf_counter() - began, size, lines)


def read_slowly(monitor: Monitor) -> int:
    """Read an export slowly for a while, then leave; return the bytes."""
    ends, size = time.perf_counter() + SLOW_SECONDS, 0
    with monitor.response("/api/v1/connections.csv") as response:
        while time.perf_counter() < ends:
            size += len(response.read(CHUNK))
            time.sleep(CHUNK / SLOW_BYTES)
    return size


def measure(software: str, folder: Path, rows: int) -> None:
    """Measure one server and print its figures."""
    monitor = Monitor(folder, software)
    try:
        with monitor.response("/api/v1/connections?limit=1") as response:
            response.read()
        for form in FORMATS:
            with Samples(monitor) as samples:
                done = download(monitor, form)
            told = (
                f"{done.size / MIB:.0f} MiB, first byte {done.first * 1000:.0f} ms, {rows / done.last:,.0f} rows/s"
            )
            print(f"{software} {form}: {done.lines:,} lines, {told}, {memory_text(samples)}")
        with Samples(monitor) as samples:
            size = read_slowly(monitor)
        print(f"{software} slow client: read {size / MIB:.0f} MiB in {SLOW_SECONDS:.0f} s, {memory_text(samples)}")
        time.sleep(1)
        cpu = monitor.cpu()
        time.sleep(2)
        print(f"{software} after it left: {(monitor.cpu() - cpu) / 2 * 100:.0f}% CPU")
    finally:
        monitor.stop()


def memory_text(samples: Samples) -> str:
    """Return the memory and the times of ``/healthz`` in words."""
    return f"RSS {samples.before:.0f} +{samples.grown:.1f} MiB, /healthz p95 {samples.p95:.0f} ms"


def main(arguments: Any = None) -> int:  # noqa: ANN401 - a list of texts, or none
    """Measure each server; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="connections in the database")
    parser.add_argument("--servers", nargs="+", choices=list(COMMANDS), default=list(COMMANDS))
    options = parser.parse_args(arguments)
    with data_dir() as folder:
        began = time.perf_counter()
        python("-c", FILL, str(options.rows), folder=folder)
        print(f"{options.rows:,} rows written in {time.perf_counter() - began:.0f} s", flush=True)
        for software in options.servers:
            measure(software, folder, options.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
