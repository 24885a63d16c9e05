"""The start command as ``make run`` calls it, in a real process on a free port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from lifecycle.record.folders import FileLock
from tests import databases
from tests.integration.servers import ROOT
from tests.ports import ReservedPort
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


class Start:
    """A running ``manage.py start`` with its own data folder; use as a context manager."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.reserved = ReservedPort()
        port = variables.setdefault("PORT", str(self.reserved.number))
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            cwd=ROOT,
            env=databases.environment(data_dir, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Start:
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.reserved.close()

    def output(self) -> str:
        """Return the output until the server is ready, or all output if it fails."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        return "".join(lines)


def test_start__serves_the_addresses_it_prints(tmp_path: Path) -> None:
    with Start(tmp_path) as start:
        output = start.output()
        printed = [word for word in output.split() if word.startswith(start.url)][:3]
        assert printed == [f"{start.url}/", f"{start.url}/dashboard/", f"{start.url}/metrics"]
        assert [urlopen(address, timeout=10).status for address in printed] == [200, 200, 200]


def test_start__prints_a_generated_password_once(tmp_path: Path) -> None:
    with Start(tmp_path) as first:
        assert 'Sign in as "admin" with the password' in first.output()
    with Start(tmp_path) as second:
        assert "password" not in second.output()


def test_start__does_not_print_a_chosen_password(tmp_path: Path) -> None:
    with Start(tmp_path, MONITOR_ADMIN_PASSWORD="correct horse") as start:
        output = start.output()
    assert "Ctrl-C" in output
    assert "correct horse" not in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_start__stops_cleanly_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    with Start(tmp_path) as start:
        start.output()
        start.process.send_signal(number)
        assert start.process.wait(timeout=20) == 0


def test_start__suggests_another_port_if_the_port_is_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Start(tmp_path, PORT=str(port)) as start:
            output = start.output()
            assert start.process.wait(timeout=20) == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in output
    assert "PORT=" in output


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_start__refuses_an_invalid_port(port: str, tmp_path: Path) -> None:
    with Start(tmp_path, PORT=port) as start:
        assert f"PORT must be a number from 1 to 65535, not '{port}'" in start.output()
        assert start.process.wait(timeout=20) == 1


def outputs(starts: list[Start]) -> list[str]:
    """Return the outputs of several starts, which are read at the same time."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(Start.output, starts))


@pytest.mark.one_database
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_start__three_first_starts_prepare_the_database_once(vendor: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        sqlite = f"sqlite:///{tmp_path / 'new.sqlite3'}"
        url = sqlite if vendor == "sqlite" else stack.enter_context(Postgres()).url()
        found = outputs([stack.enter_context(Start(tmp_path, DATABASE_URL=url)) for _ in range(3)])
    assert ["Ctrl-C" in output for output in found] == [True] * 3, found
    assert sum("Preparing the database" in output for output in found) == 1
    assert sum("with the password" in output for output in found) == 1


@pytest.mark.one_database
def test_start__second_start_waits_for_the_first(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "new.sqlite3.lock")
    assert lock.acquire()
    with Start(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}") as start:
        assert start.process.stdout
        assert "waiting until it is done" in start.process.stdout.readline()
        assert (tmp_path / "new.sqlite3").stat().st_size == 0
        lock.release()
        assert "Ctrl-C" in start.output()


@pytest.mark.one_database
def test_start__fails_at_once_if_the_folder_of_the_database_is_missing(tmp_path: Path) -> None:
    with Start(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'missing' / 'new.sqlite3'}") as start:
        output = start.output()
        assert start.process.wait(timeout=20) == 1
    assert f"{tmp_path / 'missing'}" in output
    assert "DATABASE_URL" in output
    assert "Traceback" not in output


@pytest.mark.one_database
def test_start__fails_at_once_if_the_lock_file_cannot_be_created(tmp_path: Path) -> None:
    # A folder in the way, because root may write to any folder.
    (tmp_path / "new.sqlite3.lock").mkdir()
    with Start(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}") as start:
        output = start.output()
        assert start.process.wait(timeout=20) == 1
    assert f"Cannot create the lock file {tmp_path / 'new.sqlite3.lock'}: Is a directory." in output
    assert "DATABASE_URL" in output
