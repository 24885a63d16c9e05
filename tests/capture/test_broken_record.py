"""A recorder that fails, or cannot be started, never affects a connection."""

from __future__ import annotations

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.current import Current
from lifecycle.server.process import Process
from lifecycle.views import spool_usable
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, disconnect, scope, text
from tests.capture.sockets import broken, only_end, serve, slow, talk

BROKEN_PARTS = [
    "lifecycle.record.events.accept_event",
    "lifecycle.record.events.end_event",
    "lifecycle.record.lines.encode",
    "lifecycle.capture.recorded_socket.classify",
    "lifecycle.counts.tally.Tally.accepted",
    "lifecycle.counts.tally.Tally.closed",
    "lifecycle.record.spool.Spool.append",
    "lifecycle.capture.middleware.facts_from",
    "lifecycle.capture.witnesses.Witness.testify",
]


async def test_recorder__failure_does_not_affect_a_slow_handshake(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.events.open_event", broken)
    server = Server(CONNECT, disconnect(1000))
    await serve(slow, server)
    assert server.sent == [ACCEPT]
    assert recording.recorder.dropped == 1


@pytest.mark.parametrize("part", BROKEN_PARTS)
async def test_recorder__failure_does_not_affect_the_socket(
    recording: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> str:
        await talk(scope, receive, send)
        return "its result"

    monkeypatch.setattr(part, broken)
    for _ in range(3):
        server = Server(CONNECT, text("a"), disconnect(1000))
        assert await serve(app, server) == "its result"
        assert server.sent == [ACCEPT]
    assert recording.recorder.dropped >= 3
    assert recording.sockets.open == {}
    assert [record.message for record in caplog.records if "ZeroDivisionError" in str(record.exc_info)] == [
        "An event was not recorded (later failures of this kind are only counted): recorder failed"
    ]


async def test_recorder__with_a_full_spool_drops_events_and_the_socket_works(recording: Process) -> None:
    assert recording.recorder.spool
    recording.recorder.spool.limit = 10
    server = Server(CONNECT, disconnect(1000))
    await serve(talk, server)
    assert server.sent == [ACCEPT]
    assert (recording.recorder.dropped, recording.recorder.recorded) == (2, 0)


async def test_recorder__without_a_spool_still_counts_connections(recording: Process) -> None:
    assert recording.recorder.spool
    recording.recorder.spool.close()
    recording.recorder.spool = None
    await serve(talk, Server(CONNECT, disconnect(1000)))
    assert recording.recorder.dropped == 2
    counts = recording.recorder.tally.endpoints["unrouted"]
    assert (counts.opened, counts.closed["1000", "client"], counts.open) == (1, 1, 0)


async def test_process__that_cannot_be_started_does_not_affect_the_socket(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lifecycle.server.current.Process", broken)
    for _ in range(3):
        server = Server(CONNECT, disconnect(1000))
        await LifecycleMiddleware(talk)(scope(), server.receive, server.send)
        assert server.sent == [ACCEPT]
    assert Current.fault == "recorder failed"
    assert [record.message for record in caplog.records] == [
        "Nothing is recorded: the record could not be started"
    ]
    assert not spool_usable()


async def test_process__successful_start_clears_an_earlier_fault(recording: Process) -> None:
    Current.fault = "an earlier fault"
    await serve(talk, Server(CONNECT, disconnect()))
    assert await only_end(recording)
    assert Current.fault == ""
