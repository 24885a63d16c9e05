"""The hooks of a program's end, in a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lifecycle.events import columns_of, decode_all
from tests import databases
from tests.test_start import ROOT

#: One open socket, served by a loop in a thread, as the reloader of ``runserver`` has it; a query that does not
#: return; and a main thread that ends.
PROGRAM = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
# Of these hooks the last one set is called first: this one after the monitor's, before the wait for the executor.
threading._register_atexit(print, "ending", flush=True)
import django
django.setup()
from lifecycle.capture import LifecycleMiddleware
from tests.asgi import ACCEPT, CONNECT, Server, scope

is_open = threading.Event()

async def app(scope, receive, send):
    await send(ACCEPT)
    is_open.set()
    await asyncio.Event().wait()

async def serve():
    server = Server(CONNECT)
    await LifecycleMiddleware(app)(scope(), server.receive, server.send)

threading.Thread(target=asyncio.run, args=(serve(),), daemon=True).start()
is_open.wait()
begun = threading.Event()
def hang():
    begun.set()
    sys.stdin.read()
ThreadPoolExecutor().submit(hang)
begun.wait()
"""


@pytest.mark.slow
def test_end_of_the_program__records_the_stop_before_it_waits_for_a_query(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=databases.environment(tmp_path, DEBUG="1", DJANGO_SETTINGS_MODULE="monitor_project.settings"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert started.stdout
    said = started.stdout.readline()
    started.kill()
    started.communicate()
    assert said == b"ending\n"
    assert [event["cause"] for event in ends_in(tmp_path)] == ["server_shutdown"]


def ends_in(folder: Path) -> list[dict[str, object]]:
    """Return the ends in all spools under a data folder."""
    data = b"".join(path.read_bytes() for path in sorted(folder.glob("**/*.log")))
    return [columns_of(event) for event in decode_all(data) if event and event[0] == "end"]
