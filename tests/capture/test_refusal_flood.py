"""A flood of handshakes that are refused because of their route, origin or token leaves few rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from django.urls import path

from lifecycle.auth import TokenAuthMiddleware
from lifecycle.capture import LifecycleMiddleware
from lifecycle.counts.refusals import BURST_SECONDS
from lifecycle.server.process import Process
from tests.asgi import (
    ACCEPT,
    CONNECT,
    Application,
    Message,
    Receive,
    Send,
    Server,
    disconnect,
    scope,
    spooled,
    until,
)
from tests.capture.sockets import refuse, serve, talk

BURST = 5 * BURST_SECONDS
MANY = 60
ROUTES = URLRouter([path("ws/chat/", talk)])
FOREIGN: dict[str, Any] = {"headers": [(b"origin", b"https://foreign.example")]}
TOKEN: dict[str, Any] = {"query_string": b"token=wrong"}


@pytest.fixture(autouse=True)
def _slow_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the numbers and the unanswered handshakes to the test, and let a flood last, on any machine."""
    monkeypatch.setattr("lifecycle.server.busy.PATIENCE", 600.0)
    monkeypatch.setattr("lifecycle.record.refusals.FLUSH_SECONDS", 600.0)
    monkeypatch.setattr("lifecycle.record.refusals.FLOOD_SECONDS", 600.0)


class Refused(Server):
    """Reports the end of the handshake once the application has refused it."""

    def __init__(self) -> None:
        super().__init__(CONNECT)

    async def send(self, message: Message) -> None:
        """Answer the close."""
        await super().send(message)
        self.deliver(disconnect(1006))


async def flood(app: Application, number: int = MANY, **more: object) -> None:
    """Send handshakes one after the other, all of which are refused."""
    for _ in range(number):
        server = Refused()
        await serve(app, server, **more)
        assert ACCEPT not in server.sent


def kinds(process: Process) -> Counter[str]:
    """Return the number of events in the spool by kind."""
    return Counter(event["e"] for event in spooled(process))


@pytest.mark.parametrize(
    ("app", "more", "cause"),
    [
        (ROUTES, {"path": "/nowhere/"}, "rejected_unmatched"),
        (OriginValidator(ROUTES, ["good.example"]), FOREIGN, "rejected_origin"),
        (TokenAuthMiddleware(ROUTES), TOKEN, "rejected"),
    ],
    ids=["route", "origin", "token"],
)
# Channels' consumers close old connections at their end, also those of earlier tests.
@pytest.mark.django_db
async def test_flood__most_refusals_are_only_counted(
    recording: Process, app: Application, more: dict[str, Any], cause: str
) -> None:
    recording.recorder.refusals.rows.rate = 0
    await flood(app, **more)
    recording.recorder.refusals.flush()
    ends = [event for event in spooled(recording) if event["e"] == "end"]
    numbers = [event for event in spooled(recording) if event["e"] == "refused"]
    assert ({end["cause"] for end in ends}, len(ends)) == ({cause}, BURST)
    assert {(event["endpoint"], event["cause"]) for event in numbers} == {("unmatched", cause)}
    assert sum(event["count"] for event in numbers) == MANY - BURST
    assert recording.recorder.tally.endpoints["unmatched"].rejected == {cause: MANY}
    assert recording.recorder.dropped == 0


async def test_flood__refusals_by_a_consumer_all_have_rows(recording: Process) -> None:
    await flood(refuse)
    assert kinds(recording) == {"end": MANY}


async def test_flood__unanswered_handshakes_get_no_row_before_their_refusal(recording: Process) -> None:
    recording.recorder.refusals.rows.rate = 0
    answers: list[asyncio.Event] = []

    async def slow(scope: Message, receive: Receive, send: Send) -> None:
        answers.append(answer := asyncio.Event())
        await answer.wait()
        await TokenAuthMiddleware(ROUTES)(scope, receive, send)

    await flood(ROUTES, path="/nowhere/")
    before = kinds(recording)
    servers = [Server(CONNECT) for _ in range(MANY)]
    waiting = [
        asyncio.create_task(LifecycleMiddleware(slow)(scope(**TOKEN), server.receive, server.send))
        for server in servers
    ]
    await until(lambda: len(answers) == MANY)
    recording.sockets.sweep()
    for socket in [*recording.sockets.open.values()]:
        socket.read_ahead()
    for answer in answers:
        answer.set()
    await asyncio.gather(*waiting)
    assert kinds(recording) == before
    assert recording.recorder.tally.endpoints["unmatched"].rejected["rejected"] == MANY


async def test_refusal__of_a_handshake_that_has_a_row_is_written_in_a_flood(recording: Process) -> None:
    answer = asyncio.Event()

    async def slow(scope: Message, receive: Receive, send: Send) -> None:
        await answer.wait()
        await TokenAuthMiddleware(ROUTES)(scope, receive, send)

    server = Server(CONNECT)
    waiting = asyncio.create_task(LifecycleMiddleware(slow)(scope(**TOKEN), server.receive, server.send))
    await asyncio.sleep(0)
    recording.sockets.sweep()
    [opened] = spooled(recording)
    await flood(ROUTES, path="/nowhere/")
    answer.set()
    await waiting
    last = spooled(recording)[-1]
    assert (last["e"], last["id"], last["cause"]) == ("end", opened["id"], "rejected")


async def test_flood__accepted_connections_are_recorded(recording: Process) -> None:
    await flood(ROUTES, path="/nowhere/")
    before = kinds(recording)
    await serve(ROUTES, Server(CONNECT, disconnect()))
    assert kinds(recording) - before == {"accept": 1, "end": 1}
