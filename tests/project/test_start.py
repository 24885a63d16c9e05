"""The start command, as `make run` calls it: a real process on a free port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests import databases
from tests.integration.servers import ROOT
from tests.ports import ReservedPort

pytestmark = pytest.mark.slow


class Start:
    """One `manage.py start` with a data folder; use as a context manager."""

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

    def said(self) -> str:
        """Return what it prints until it serves, or all of it if it gives up."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        return "".join(lines)


def test_start__serves_the_addresses_it_prints(tmp_path: Path) -> None:
    with Start(tmp_path) as start:
        said = start.said()
        printed = [word for word in said.split() if word.startswith(start.url)][:3]
        assert printed == [f"{start.url}/", f"{start.url}/dashboard/", f"{start.url}/metrics"]
        assert [urlopen(address, timeout=10).status for address in printed] == [200, 200, 200]


def test_start__tells_a_made_up_password_once(tmp_path: Path) -> None:
    with Start(tmp_path) as first:
        assert 'Sign in as "admin" with the password' in first.said()
    with Start(tmp_path) as second:
        assert "password" not in second.said()


def test_start__does_not_print_a_chosen_password(tmp_path: Path) -> None:
    with Start(tmp_path, MONITOR_ADMIN_PASSWORD="correct horse") as start:
        said = start.said()
    assert "Ctrl-C" in said
    assert "correct horse" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_start__stops_cleanly_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    with Start(tmp_path) as start:
        start.said()
        start.process.send_signal(number)
        assert start.process.wait(timeout=20) == 0


def test_start__names_the_remedy_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Start(tmp_path, PORT=str(port)) as start:
            said = start.said()
            assert start.process.wait(timeout=20) == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in said
    assert "PORT=" in said


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_start__refuses_what_is_no_port(port: str, tmp_path: Path) -> None:
    with Start(tmp_path, PORT=port) as start:
        assert f"PORT must be a number from 1 to 65535, not '{port}'" in start.said()
        assert start.process.wait(timeout=20) == 1
