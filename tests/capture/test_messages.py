"""Messages, bytes and durations of a connection and of its endpoint."""

from __future__ import annotations

import time

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.capture.socket import payload_size
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, disconnect, scope, text
from tests.capture.sockets import only_end, serve, talk

SIZES = {
    "ascii": ({"text": "abc"}, 3),
    "umlaut": ({"text": "äbc"}, 4),
    "emoji": ({"text": "\N{GRINNING FACE}"}, 4),
    "lone surrogate": ({"text": "\ud800"}, 3),
    "empty text": ({"text": ""}, 0),
    "bytes": ({"bytes": b"\x00\xff"}, 2),
    "bytes and text None": ({"text": None, "bytes": b"ab"}, 2),
    "nothing": ({}, 0),
}


@pytest.mark.parametrize(("payload", "size"), SIZES.values(), ids=SIZES)
def test_payload_size__is_the_size_in_bytes(payload: Message, size: int) -> None:
    assert payload_size(payload) == size


async def test_messages__are_counted_for_connection_and_endpoint_in_both_directions(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        while (await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": b"12345"})

    binary = {"type": "websocket.receive", "bytes": b"123"}
    await serve(app, Server(CONNECT, text("hé"), binary, disconnect()))
    end = await only_end(recording)
    assert (end["messages_in"], end["bytes_in"], end["messages_out"], end["bytes_out"]) == (2, 6, 2, 10)
    counts = recording.recorder.tally.endpoints["unrouted"]
    assert (counts.messages_in, counts.bytes_in, counts.messages_out, counts.bytes_out) == (2, 6, 2, 10)
    assert end["opened_at"] <= end["accepted_at"] <= end["last_received_at"] <= end["closed_at"]
    assert end["last_sent_at"] <= end["closed_at"]


async def test_duration__runs_from_accept_to_end(recording: Process) -> None:
    await serve(talk, Server(CONNECT, disconnect()))
    end = await only_end(recording)
    durations = recording.recorder.tally.endpoints["unrouted"].durations
    assert durations.total == pytest.approx(end["closed_at"] - end["accepted_at"], abs=1e-5)
    assert durations.total > 0


@pytest.mark.parametrize("step", [3600, -3600])
async def test_clock_change__while_a_socket_is_open_does_not_change_durations(
    recording: Process, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    system_time = time.time

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        monkeypatch.setattr(time, "time", lambda: system_time() + step)
        await receive()
        await send({"type": "websocket.send", "text": "a"})
        await receive()

    await serve(app, Server(CONNECT, text("a"), disconnect()))
    monkeypatch.setattr(time, "time", system_time)
    end = await only_end(recording)
    times = [end[name] for name in ("opened_at", "accepted_at", "last_received_at", "last_sent_at", "closed_at")]
    assert times == sorted(times)
    assert times[-1] - times[0] < 600, "the change of the system clock leaked into the times"


async def test_clock_change__back_after_the_handshake_does_not_change_the_buckets(
    recording: Process,
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scope["lifecycle"].clock_offset += 3600
        await talk(scope, receive, send)

    await serve(talk, Server(CONNECT, disconnect()))
    await serve(app, Server(CONNECT, disconnect()))
    recent = recording.recorder.tally.recent_buckets(time.time(), 60)
    assert sum(bucket.closes["client_normal"] for bucket in recent) == 2


async def test_messages__that_the_server_did_not_accept_are_not_counted(recording: Process) -> None:
    async def send(message: Message) -> None:
        if message["type"] == "websocket.send":
            raise OSError("broken pipe")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "lost"})

    with pytest.raises(OSError, match="broken pipe"):
        await LifecycleMiddleware(app)(scope(), Server(CONNECT).receive, send)
    assert (await only_end(recording))["messages_out"] == 0
