"""When a connection is recorded as accepted."""

from __future__ import annotations

import asyncio
from types import MethodType

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, disconnect, ends, scope, spooled, until
from tests.capture.sockets import only_end, serve, slow, talk, verdict


async def test_accept__after_the_shutdown_ended_the_handshake_corrects_the_record(recording: Process) -> None:
    answer = asyncio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await answer.wait()
        await send(ACCEPT)
        await receive()

    server = Server(CONNECT)
    serving = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, server.send))
    await until(lambda: recording.sockets.open)
    recording.sockets.stop()
    answer.set()
    await until(lambda: len(ends(recording)) == 2)
    serving.cancel()
    await asyncio.wait([serving])
    first, second = ends(recording)
    assert verdict(first) == ("rejected", "server_shutdown", None)
    assert verdict(second) == ("closed", "server_shutdown", 1006)
    assert first["id"] == second["id"]
    assert second["opened_at"] <= second["accepted_at"] <= second["closed_at"]
    counts = recording.recorder.tally.endpoints["unrouted"]
    assert (counts.opened, counts.open, sum(counts.closed.values())) == (1, 0, 1)


@pytest.mark.parametrize(
    ("error", "cause"),
    [(OSError("client gone"), "abandoned"), (AttributeError("a header is text"), "handshake_error")],
)
async def test_accept__that_the_server_refuses_is_not_recorded_as_accepted(
    recording: Process, error: Exception, cause: str
) -> None:
    with pytest.raises(type(error)):
        await LifecycleMiddleware(talk)(scope(), Server(CONNECT).receive, refusing(error))
    assert verdict(await only_end(recording)) == ("rejected", cause, None)
    assert recording.recorder.tally.endpoints["unmatched"].opened == 0


def refusing(error: Exception) -> Send:
    """Return the ``send`` of a known server that raises an error for each message."""

    async def send(server: Server, message: Message) -> None:
        raise error

    return MethodType(send, Server())


async def test_accept__second_accept_is_not_counted(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(ACCEPT)
        await receive()

    await serve(app, Server(CONNECT, disconnect()))
    counts = recording.recorder.tally.endpoints["unrouted"]
    assert (counts.opened, counts.open) == (1, 0)


async def test_accept__is_recorded_with_its_subprotocol(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-ws"})
        await receive()

    await serve(app, Server(CONNECT, disconnect()))
    assert [event["e"] for event in spooled(recording)] == ["accept", "end"]
    assert (await only_end(recording))["subprotocol"] == "graphql-ws"


async def test_handshake__that_is_slow_is_recorded_before_the_accept(recording: Process) -> None:
    await serve(slow, Server(CONNECT, disconnect()))
    assert next(event["e"] for event in spooled(recording)) == "open"
    assert [event["e"] for event in spooled(recording)].count("end") == 1
