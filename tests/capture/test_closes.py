"""Closes are recorded with the side that closed first, its code and its reason."""

from __future__ import annotations

import asyncio

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CLOSE, CONNECT, Message, Receive, Send, Server, disconnect, ends, scope
from tests.capture.sockets import close_with_4002, only_end, refuse, serve, verdict


async def test_close__unread_close_of_the_client_came_first(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.deliver(disconnect(4001, reason="I was first"))
        await send({"type": "websocket.close", "code": 4002})

    server = Server(CONNECT)
    await serve(app, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("client", 4001, "I was first")
    assert end["sent_code"] is None
    assert server.sent[-1]["code"] == 4002


async def test_close__of_the_server_is_first_if_no_client_close_is_waiting(recording: Process) -> None:
    server = Server(CONNECT)
    asyncio.get_running_loop().call_later(0.01, server.deliver, disconnect(4001))
    await serve(close_with_4002, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("server", 4002, "full")
    assert (end["sent_code"], end["sent_reason"]) == (4002, "full")


async def test_close__without_a_code_is_recorded_as_1000(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"]) == ("server_normal", 1000)


async def test_close__second_close_does_not_change_code_and_reason(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4002, "reason": "full"})
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"], end["close_reason"]) == ("server_application", 4002, "full")


async def test_close__that_the_server_refuses_is_recorded_as_server_error(recording: Process) -> None:
    server = Server(CONNECT)

    async def send(message: Message) -> None:
        if message["type"] == "websocket.close":
            raise ValueError("invalid close code 1011")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 1011})

    with pytest.raises(ValueError, match="invalid close code"):
        await LifecycleMiddleware(app)(scope(), server.receive, send)
    assert verdict(await only_end(recording)) == ("closed", "server_error", 1006)


async def test_close__with_an_impossible_code_stores_no_code(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 2**64})

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["close_code"], end["sent_code"]) == ("server_application", 1005, None)


async def test_refusal__is_recorded_with_the_code_of_the_application(recording: Process) -> None:
    await serve(refuse, Server(CONNECT))
    assert (await only_end(recording))["sent_code"] == 4403


async def test_return__unread_close_of_the_client_came_first(
    recording: Process,
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.deliver(disconnect(4001))

    server = Server(CONNECT)
    await serve(app, server)
    assert verdict(await only_end(recording)) == ("closed", "client_application", 4001)


async def test_refusal__is_recorded_when_it_is_sent(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await refuse(scope, receive, send)
        assert len(ends(recording)) == 1

    await serve(app, Server(CONNECT))
    await only_end(recording)
