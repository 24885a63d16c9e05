"""Events that Daphne does not report to the application: clients that have left, zombies and ghosts."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, disconnect, ends, scope, until
from tests.capture.sockets import only_end, return_after_accept, talk, verdict


def as_daphne(server: Server, state: int) -> tuple[Any, Callable[..., Awaitable[None]]]:
    """Return an autobahn protocol object in the given state, and a ``send`` bound to it as in Daphne."""
    from daphne.ws_protocol import WebSocketProtocol

    protocol = WebSocketProtocol()
    protocol.state = state
    protocol.handshake_deferred = None  # Daphne deletes it with its answer to the handshake

    async def handle(protocol: object, message: Message) -> None:
        await server.send(message)

    return protocol, functools.partial(handle, protocol)


async def test_accept__under_daphne_after_the_client_left_is_not_recorded_as_accepted(recording: Process) -> None:
    server = Server(CONNECT, disconnect(1006))
    _, send = as_daphne(server, state=0)
    await LifecycleMiddleware(talk)(scope(), server.receive, send)
    assert verdict(await only_end(recording)) == ("rejected", "abandoned", None)
    assert server.sent == [ACCEPT]


async def test_zombie__under_daphne_ends_when_its_socket_is_closed(recording: Process) -> None:
    server = Server(CONNECT)
    _, send = as_daphne(server, state=3)
    await LifecycleMiddleware(return_after_accept)(scope(), server.receive, send)
    assert ends(recording) == []
    server.deliver(disconnect(1001))
    await until(lambda: ends(recording))
    assert verdict(await only_end(recording)) == ("closed", "client_going_away", 1001)


async def test_ghost__under_daphne_is_ended_by_the_second_sweep_after_the_transport_closed(
    recording: Process,
) -> None:
    server = Server(CONNECT)
    protocol, send = as_daphne(server, state=3)
    task = asyncio.create_task(LifecycleMiddleware(talk)(scope(), server.receive, send))
    await until(lambda: ACCEPT in server.sent)
    recording.sockets.sweep()
    assert ends(recording) == []
    protocol.state = 0
    recording.sockets.sweep()
    assert ends(recording) == []
    recording.sockets.sweep()
    end = await only_end(recording)
    assert (end["cause"], end["exact"]) == ("network_lost", False)
    task.cancel()
    await asyncio.wait([task])
    assert len(ends(recording)) == 1


async def test_sweep__reads_a_disconnect_that_is_waiting_for_a_busy_application(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await asyncio.Event().wait()

    server = Server(CONNECT)
    protocol, send = as_daphne(server, state=3)
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, send))
    await until(lambda: ACCEPT in server.sent)
    protocol.state = 0
    server.deliver(disconnect(4001))
    recording.sockets.sweep()
    end = await only_end(recording)
    assert (end["cause"], end["exact"]) == ("client_application", True)
    task.cancel()
    await asyncio.wait([task])
