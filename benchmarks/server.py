"""Starts a real Daphne server with a temporary data folder, measures its CPU and memory, and puts load on it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
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
#: The options of ``make run``. With Daphne's defaults (backlog 50, 5 s), bursts would lose connections.
BACKLOG = 4096
HANDSHAKE_SECONDS = "60"
STOP_SECONDS = 20

Result = dict[str, Any]


def raise_file_limit() -> None:
    """Raise the limit of open files to the maximum, for this process and the processes that it starts."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment that keeps all data in ``folder``, regardless of this process's environment."""
    unset = {"ALLOWED_HOSTS", "ALLOWED_ORIGINS", "DATABASE_URL", "DEBUG", "REDIS_URL", "SPOOL_DIR", "USE_TLS"}
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    fixed = {"DJANGO_SETTINGS_MODULE": "monitor_project.settings", "LOG_LEVEL": "WARNING", "PYTHONHASHSEED": "0"}
    return {**inherited, **fixed, "DATA_DIR": str(folder), **more}


def python(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository with its data in ``folder`` and ``more`` variables; return its output."""
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603 - our own modules
        command, cwd=ROOT, env=environment(folder, **more), check=True, text=True, stdout=subprocess.PIPE
    )


@cache
def prepared() -> tempfile.TemporaryDirectory[str]:
    """Return a data folder with an empty database, which ``data_dir`` copies."""
    folder = tempfile.TemporaryDirectory(prefix="benchmark-")
    python("manage.py", "migrate", "--verbosity", "0", folder=Path(folder.name))
    return folder


@contextmanager
def data_dir() -> Iterator[Path]:
    """Yield a data folder with an empty database, and delete it afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        shutil.copytree(prepared().name, name, dirs_exist_ok=True)
        yield Path(name)


#: The command line of each server, without the file descriptor of the socket that it inherits.
COMMANDS = {
    "daphne": ["daphne", "-v", "0", "--websocket_connect_timeout", HANDSHAKE_SECONDS],
    "uvicorn": ["uvicorn", "--log-level", "warning"],
}


class Server:
    """A running Daphne or Uvicorn."""

    stop_signal = signal.SIGTERM

    def __init__(self, variant: str, folder: Path, software: str = "daphne") -> None:
        """Start a server with one of the variants; it inherits a socket that already listens."""
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listening:
            self.port = listening.getsockname()[1]
            options = [*COMMANDS[software], "--fd", str(listening.fileno())]
            self.process = subprocess.Popen(  # noqa: S603 - one of COMMANDS
                [sys.executable, *self.module(), *options, "benchmarks.applications:application"],
                cwd=ROOT,
                env=environment(folder, BENCHMARK_VARIANT=variant),
                pass_fds=[listening.fileno()],
            )

    def module(self) -> list[str]:
        """Return the options of Python before the name of the server's module."""
        return ["-m"]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads in user and kernel mode (proc(5), utime and stime)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_bytes(self) -> int:
        """Return the proportional set size: a page that is shared by n processes counts as one nth."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024

    def load(self, mode: str, **options: object) -> Result:
        """Run a load to its end and return its result; raises ``RuntimeError`` if a part of it failed."""
        with self.loading(mode, **options) as process:
            output = process.communicate()[0]
        return self.checked(output)

    @contextmanager
    def loading(self, mode: str, **options: object) -> Iterator[subprocess.Popen[str]]:
        """Run a load while the caller does something else."""
        arguments = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "benchmarks.load", mode, str(self.port), *arguments]
        with subprocess.Popen(  # noqa: S603 - our own module
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            yield process

    @contextmanager
    def holding(self, number: int, rate: float) -> Iterator[Result]:
        """Hold idle connections, opened at ``rate`` per second, while the caller measures."""
        with self.loading("hold", number=number, rate=rate) as process:
            assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
            yield self.checked(process.stdout.readline())
            lost = json.loads(process.communicate()[0])["lost"]
            if lost:
                raise RuntimeError(f"{lost} of {number} connections were lost while they were measured")

    def checked(self, output: str) -> Result:
        """Return the result of a load; raises ``RuntimeError`` if a part of it failed."""
        if not output or self.process.poll() is not None:
            raise RuntimeError(f"the load or the server on port {self.port} stopped early")
        result = json.loads(output)
        if result["failed"]:
            raise RuntimeError(f"{result['failed']} connections or messages failed: {result}")
        return result

    def stop(self) -> None:
        """Shut the server down cleanly; kill it after ``STOP_SECONDS``."""
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(variant: str, software: str = "daphne") -> Iterator[Server]:
    """Yield a new server with one of ``applications.VARIANTS`` and an empty database."""
    raise_file_limit()
    with data_dir() as folder:
        server = Server(variant, folder, software)
        try:
            yield server
        finally:
            server.stop()
