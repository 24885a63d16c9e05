"""Starts a real Daphne with a data folder of its own, reads what it uses, and runs loads against it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
#: As ``make run`` starts it: what Daphne's defaults (50 waiting, 5 s) lose in a burst is no part of the figures.
BACKLOG = 4096
HANDSHAKE_SECONDS = "60"
STOP_SECONDS = 20

Seen = dict[str, Any]


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us, here and in the processes started from here."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which everything is kept in ``folder``, whatever is set outside."""
    unset = {"ALLOWED_HOSTS", "ALLOWED_ORIGINS", "DATABASE_URL", "DEBUG", "REDIS_URL", "SPOOL_DIR", "USE_TLS"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    fixed = {"DJANGO_SETTINGS_MODULE": "monitor_project.settings", "LOG_LEVEL": "WARNING", "PYTHONHASHSEED": "0"}
    return {**kept, **fixed, "DATA_DIR": str(folder), **more}


def python(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the project with the data in ``folder`` and ``more`` environment; return what it printed."""
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, env=environment(folder, **more), check=True, text=True, stdout=subprocess.PIPE
    )


@cache
def prepared() -> tempfile.TemporaryDirectory[str]:
    """Return a data folder with an empty database, to copy."""
    folder = tempfile.TemporaryDirectory(prefix="benchmark-")
    python("manage.py", "migrate", "--verbosity", "0", folder=Path(folder.name))
    return folder


@contextmanager
def data_dir() -> Iterator[Path]:
    """Yield a data folder with an empty database, and delete it afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        shutil.copytree(prepared().name, name, dirs_exist_ok=True)
        yield Path(name)


class Server:
    """A running Daphne, and what it uses."""

    def __init__(self, variant: str, folder: Path) -> None:
        """Start Daphne with one of the applications; it inherits a socket that already listens."""
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
            self.port = listening.getsockname()[1]
            options = ["--fd", str(listening.fileno()), "-v", "0"]
            options += ["--websocket_connect_timeout", HANDSHAKE_SECONDS]
            self.process = subprocess.Popen(  # noqa: S603 - Daphne
                [sys.executable, "-m", "daphne", *options, "benchmarks.applications:application"],
                cwd=ROOT,
                env=environment(folder, BENCHMARK_VARIANT=variant),
                pass_fds=[listening.fileno()],
            )

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its threads, in user mode and in the kernel (proc(5), utime and stime)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_bytes(self) -> int:
        """Return its share of memory (PSS), which counts a page that others use too in proportion."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024

    def load(self, mode: str, **options: object) -> Seen:
        """Run a load to its end and return what it saw; one that failed in part is an error."""
        with self.loading(mode, **options) as process:
            said = process.communicate()[0]
        return self.checked(said)

    @contextmanager
    def loading(self, mode: str, **options: object) -> Iterator[subprocess.Popen[str]]:
        """Run a load while the caller does something else."""
        named = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "benchmarks.load", mode, str(self.port), *named]
        with subprocess.Popen(  # noqa: S603 - our own module
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            yield process

    @contextmanager
    def holding(self, number: int, rate: float) -> Iterator[Seen]:
        """Hold idle connections, opened at ``rate`` a second, while the caller measures."""
        with self.loading("hold", number=number, rate=rate) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            yield self.checked(process.stdout.readline())
            lost = json.loads(process.communicate()[0])["lost"]
            if lost:
                raise RuntimeError(f"{lost} of {number} connections were lost while they were measured")

    def checked(self, said: str) -> Seen:
        """Return what a load said; ``RuntimeError`` where anything failed, since the figures then mean nothing."""
        if not said or self.process.poll() is not None:
            raise RuntimeError(f"the load or the server on port {self.port} broke off")
        seen = json.loads(said)
        if seen["failed"]:
            raise RuntimeError(f"{seen['failed']} connections or messages failed: {seen}")
        return seen

    def stop(self) -> None:
        """Stop it, and give it the time that an orderly stop takes."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def daphne(variant: str) -> Iterator[Server]:
    """Yield a fresh Daphne with one of ``applications.VARIANTS`` and an empty database."""
    raise_file_limit()
    with data_dir() as folder:
        server = Server(variant, folder)
        try:
            yield server
        finally:
            server.stop()
