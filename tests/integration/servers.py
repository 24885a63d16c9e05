"""Starts real ASGI servers, each in a process and with a data folder of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from shutil import copytree
from typing import NamedTuple, Self

from tests import databases
from tests.integration.rows import rows_of
from tests.ports import HOST, PATIENCE, ReservedPort, listens, wait_until_up

ROOT = Path(__file__).resolve().parents[2]
#: The application of these tests, and the monitor's own.
APPLICATION = "tests.integration.application:application"
MONITOR = "monitor_project.asgi:application"
COMMANDS = {
    "daphne": ["daphne", "--bind", HOST, "--port"],
    "uvicorn": ["uvicorn", "--host", HOST, "--port"],
}


class Answer(NamedTuple):
    """What a server answered to an HTTP request."""

    status: int
    headers: Message
    text: str


class Server:
    """One server on a port and with a data folder that it keeps over restarts; use as a context manager."""

    def __init__(
        self, software: str, data: Path, *options: str, application: str = APPLICATION, **variables: str
    ) -> None:
        """Describe a server; ``options`` are of its command line, ``variables`` of its environment."""
        self.software = software
        self.data = data
        self.reservation = ReservedPort()
        self.port = self.reservation.number
        self.url = f"http://{HOST}:{self.port}"
        self.command = [sys.executable, "-m", *COMMANDS[software], str(self.port), *options, application]
        self.environment = databases.environment(data, **variables)
        self.log = data / "server.log"
        self.rows = rows_of(data, self.environment.get("DATABASE_URL", ""))

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop, whatever the state of the process."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reservation.close()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_until_up(self.process, lambda: listens(self.port), self.said)

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Return the answer to a GET request; a redirection is not followed."""
        with closing(HTTPConnection(HOST, self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send the process a signal and wait for its end."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)

    def said(self) -> str:
        """Return what the server printed so far."""
        return self.log.read_text(errors="replace")

    def spooled(self) -> list[Path]:
        """Return the segments of the spool that hold events."""
        return [path for path in (self.data / "spool").rglob("*.log") if path.stat().st_size]

    def complaints(self) -> list[str]:
        """Return the lines in which the monitor says that something of its own went wrong."""
        return [line for line in self.said().splitlines() if " ERROR lifecycle" in line]


def manage(data: Path, *arguments: str, **variables: str) -> str:
    """Run a management command on a data folder and return what it prints; ``variables`` are its environment."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=databases.environment(data, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def migrated(folder: Path) -> Path:
    """Return a new data folder with every table and no rows, to be copied."""
    manage(folder, "migrate", "--verbosity", "0")
    return folder


def copy_of(blank: Path, target: Path) -> Path:
    """Return a data folder that is a copy of another, as is its database."""
    databases.copy(blank, target)
    return copytree(blank, target)
