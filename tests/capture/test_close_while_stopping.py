"""A close by the client while the process stops replaces the end that the stop has recorded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lifecycle.capture import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import CONNECT, Application, Server, disconnect, ends, scope, text, until
from tests.capture.sockets import return_after_accept, talk, verdict
from tests.capture.test_daphne import as_daphne


async def stopped(app: Application, server: Server, process: Process) -> asyncio.Task[Any]:
    """Serve a socket on Daphne, and stop the process once the socket is open; return the application's task."""
    _, send = as_daphne(server, state=3)
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, send))
    await until(lambda: any(socket.facts.accepted for socket in process.sockets.open.values()))
    process.sockets.stop()
    return task


async def settle() -> None:
    """Let the other tasks run."""
    for _ in range(10):
        await asyncio.sleep(0)


def verdicts(process: Process) -> list[tuple[str, str, int | None]]:
    """Return the verdicts of the ``end`` events, in order."""
    return [verdict(end) for end in ends(process)]


SHUTDOWN = ("closed", "server_shutdown", 1006)


@pytest.mark.parametrize("app", [talk, return_after_accept], ids=["waits", "has-returned"])
@pytest.mark.parametrize("cancelled", [True, False])
async def test_close_after_the_stop__is_the_clients(recording: Process, app: Application, cancelled: bool) -> None:
    server = Server(CONNECT)
    task = await stopped(app, server, recording)
    if cancelled:
        task.cancel()
        await settle()
    server.deliver(text("one more"), disconnect(1000))
    await settle()
    assert verdicts(recording) == [SHUTDOWN, ("closed", "client_normal", 1000)]
    first, corrected = ends(recording)
    assert first["closed_at"] < corrected["closed_at"]
    assert corrected["id"] == first["id"]


async def test_close_after_the_stop__is_not_counted_twice(recording: Process) -> None:
    server = Server(CONNECT)
    await stopped(talk, server, recording)
    server.deliver(disconnect(1000))
    await settle()
    [counts] = recording.recorder.tally.endpoints.values()
    assert (counts.open, sum(counts.ends.values())) == (0, 1)


async def test_drop_after_the_stop__stays_the_servers(recording: Process) -> None:
    server = Server(CONNECT)
    task = await stopped(talk, server, recording)
    task.cancel()
    await settle()
    server.deliver(disconnect(1006))
    await settle()
    assert verdicts(recording) == [SHUTDOWN]
