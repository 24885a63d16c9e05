"""Recording starts and stops with the server: the ASGI lifespan, and hooks that are registered once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from pytest_django import Settings

from lifecycle import startup
from lifecycle.asgi_types import Message
from lifecycle.startup import Lifespan
from tests.asgi import soon

STARTUP: Message = {"type": "lifespan.startup"}
SHUTDOWN: Message = {"type": "lifespan.shutdown"}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list of the functions that the lifespan calls and the messages that it sends, in order."""
    calls: list[Any] = []

    async def stop() -> None:
        calls.append("stop")

    monkeypatch.setattr(startup, "ensure_started", lambda: calls.append("start"))
    monkeypatch.setattr(startup, "stop", stop)
    monkeypatch.setattr(startup, "close", lambda: calls.append("close"))
    return calls


async def test_lifespan__starts_and_stops_before_it_reports_completion(calls: list[Any]) -> None:
    messages = [SHUTDOWN, STARTUP]

    async def receive() -> Message:
        return messages.pop()

    async def send(message: Message) -> None:
        calls.append(message["type"])

    await soon(Lifespan()({"type": "lifespan"}, receive, send))
    assert calls == ["start", "lifespan.startup.complete", "stop", "close", "lifespan.shutdown.complete"]


async def test_lifespan__closes_on_a_thread_without_an_event_loop(
    calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def close() -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        calls.append("closed")

    monkeypatch.setattr(startup, "close", close)
    messages = [SHUTDOWN]

    async def receive() -> Message:
        return messages.pop()

    async def send(message: Message) -> None:
        calls.append(message["type"])

    await soon(Lifespan()({"type": "lifespan"}, receive, send))
    assert calls == ["stop", "closed", "lifespan.shutdown.complete"]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list of the hooks that ``prepare`` registers; no hooks are registered yet."""
    registered: list[Any] = []
    monkeypatch.setattr(startup.Hooks, "are_set", False)
    monkeypatch.setattr(startup.atexit, "register", registered.append)
    monkeypatch.setattr(startup.os, "register_at_fork", lambda **hooks: registered.append(hooks))
    monkeypatch.setattr(startup, "watch_reactor", lambda: registered.append("reactor"))
    return registered


def test_prepare__registers_the_hooks_once(registered: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(startup.sys.modules, "daphne.server", raising=False)
    startup.prepare()
    startup.prepare()
    assert registered == [startup.close, {"after_in_child": startup.forget}]


def test_prepare__watches_the_reactor_only_under_daphne(
    registered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(startup.sys.modules, "daphne.server", startup)
    startup.prepare()
    assert registered[-1] == "reactor"


@pytest.mark.parametrize("is_worker", [True, False])
def test_watch_worker__closes_in_processes_of_multiprocessing(
    monkeypatch: pytest.MonkeyPatch, is_worker: bool
) -> None:
    finalizers: list[object] = []
    monkeypatch.setattr(startup.multiprocessing, "parent_process", lambda: object() if is_worker else None)
    monkeypatch.setattr(startup, "Finalize", lambda _, function, **options: finalizers.append((function, options)))
    startup.watch_worker()
    assert finalizers == ([(startup.close_in_time, {"exitpriority": startup.FIRST})] if is_worker else [])


def test_close_in_time__closes(calls: list[Any]) -> None:
    startup.close_in_time()
    assert calls == ["close"]


def test_close_in_time__does_not_wait_for_a_database_that_hangs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIFECYCLE = {"STOP_SECONDS": 0.01}
    hanging = threading.Event()
    monkeypatch.setattr(startup, "close", hanging.wait)
    startup.close_in_time()
    hanging.set()
    assert "the next start writes the rest" in caplog.text


@pytest.fixture
def server() -> Iterator[uvicorn.Server]:
    """Return a Uvicorn server that handles this process's SIGTERM, as it does while it serves."""
    server = uvicorn.Server(uvicorn.Config(lambda: None))
    before = signal.signal(signal.SIGTERM, server.handle_exit)
    yield server
    signal.signal(signal.SIGTERM, before)


async def test_uvicorn__stops_the_record_once_at_the_end_of_its_shutdown(
    server: uvicorn.Server, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shutdown(self: uvicorn.Server, sockets: object = None) -> None:
        calls.append(("shutdown", sockets))

    monkeypatch.setattr(uvicorn.Server, "shutdown", shutdown)
    startup.watch_uvicorn()
    startup.watch_uvicorn()
    await server.shutdown(sockets=None)
    assert calls == [("shutdown", None), "stop", "close"]


def test_uvicorn__that_does_not_handle_the_signals_is_left_alone(server: uvicorn.Server) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    startup.watch_uvicorn()
    assert "shutdown" not in vars(server)


class Listener:
    """A listening socket of a server."""

    def __init__(self, serving: bool) -> None:
        self.serving = serving

    def is_serving(self) -> bool:
        """Return whether the socket still accepts connections."""
        return self.serving


@pytest.mark.parametrize(
    ("should_exit", "listeners", "stopping"),
    [
        (False, [Listener(True)], False),
        (True, [Listener(True)], True),
        # ``--limit-max-requests`` does not set ``should_exit``.
        (False, [Listener(False)], True),
        (False, [], False),
    ],
    ids=["serves", "told-to-exit", "closed-its-sockets", "starts"],
)
def test_uvicorn_is_stopping__asks_the_server(
    server: uvicorn.Server, should_exit: bool, listeners: list[Listener], stopping: bool
) -> None:
    server.should_exit, server.servers = should_exit, listeners
    assert startup.uvicorn_is_stopping() is stopping


def test_uvicorn_is_stopping__is_unknown_without_a_server() -> None:
    assert startup.uvicorn_is_stopping() is None
