"""``manage.py runserver``, with and without its autoreloader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

from tests import databases
from tests.integration.rows import rows_of
from tests.integration.servers import ROOT
from tests.ports import ReservedPort, listens, wait_until_up

pytestmark = pytest.mark.slow


@pytest.fixture(params=[(), ("--noreload",)], ids=["autoreload", "noreload"])
def runserver(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start the development server on a free port; yield its process and port once it listens."""
    reserved, variables = ReservedPort(), databases.environment(tmp_path, DEBUG="1")
    port = reserved.number
    command = [sys.executable, "manage.py"]
    subprocess.run([*command, "migrate", "-v0"], cwd=ROOT, env=variables, check=True)
    started = subprocess.Popen(
        [*command, "runserver", str(port), *request.param],
        cwd=ROOT,
        env=variables,
        start_new_session=True,
    )
    # The server prints its address slightly before it listens.
    wait_until_up(started, lambda: listens(port))
    yield started, port
    # This also kills the reloader's child, if it is still running.
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    reserved.close()


def wait_until_reloader_sleeps(started: subprocess.Popen[bytes]) -> None:
    """Wait until the reloader's child, if there is one, sleeps between two checks for changed files.

    A signal that arrives just before a ``sleep`` call does not interrupt the call. If Ctrl-C is pressed at that
    moment, the reloader kills its child, and the process is correctly recorded as lost.
    """
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    deadline = time.monotonic() + 20
    while not all(map(sleeps, children)):
        assert time.monotonic() < deadline, "the reloader never sleeps"


def sleeps(process: str) -> bool:
    """Return whether the main thread of a process stays asleep; a thread waiting for a lock wakes every few ms."""
    status = Path(f"/proc/{process}/status")
    before = status.read_text()
    time.sleep(0.05)
    after = status.read_text()
    return "S (sleeping)" in after and switches(before) == switches(after)


def switches(status: str) -> list[str]:
    """Return the counts of a thread's voluntary and involuntary context switches (proc(5))."""
    return [line for line in status.splitlines() if "ctxt_switches" in line]


def ended(folder: Path, deadline: float) -> list[Any]:
    """Return endpoint, state and cause of each connection; repeat until none is open or ``deadline`` has passed.

    The reloader kills its child a quarter of a second after Ctrl-C, even if the child is still writing. The next
    start, or the housekeeping command, writes the remaining events in the spool.
    """
    found = rows(folder)
    while any(state == "open" for _, state, _ in found) and time.monotonic() < deadline:
        subprocess.run(
            [sys.executable, "manage.py", "lifecycle_housekeeping"],
            cwd=ROOT,
            env=databases.environment(folder),
            check=True,
        )
        found = rows(folder)
    return found


def rows(folder: Path) -> list[Any]:
    """Return endpoint, state and cause of each connection in the database."""
    found = rows_of(folder).select("SELECT endpoint, state, cause FROM lifecycle_connection")
    return [tuple(row.values()) for row in found]


def test_runserver__ctrl_c_ends_and_writes_open_connections(
    runserver: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    started, port = runserver
    with connect(f"ws://127.0.0.1:{port}/ws/status/") as page:
        assert "welcome" in str(page.recv())
        with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
        wait_until_reloader_sleeps(started)
        # Ctrl-C in a terminal signals the whole process group.
        os.killpg(started.pid, signal.SIGINT)
        started.wait(20)
    assert ended(tmp_path, time.monotonic() + 20) == [("ws/status/", "closed", "server_shutdown")]
    assert started.returncode in (0, -signal.SIGINT)
