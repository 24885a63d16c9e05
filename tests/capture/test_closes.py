"""The record of a close: who was first, with which code and reason."""

from __future__ import annotations

import asyncio

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CLOSE, CONNECT, Message, Receive, Send, Server, disconnect, ends, scope
from tests.capture.sockets import close_with_4002, only_end, refuse, serve, verdict


async def test_first_word__is_the_clients_where_its_close_already_waited(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.tell(disconnect(4001, reason="I was first"))
        await send({"type": "websocket.close", "code": 4002})

    server = Server(CONNECT)
    await serve(app, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("client", 4001, "I was first")
    assert end["sent_code"] is None
    assert server.sent[-1]["code"] == 4002


async def test_first_word__is_the_servers_where_nothing_waited(recording: Process) -> None:
    server = Server(CONNECT)
    asyncio.get_running_loop().call_later(0.01, server.tell, disconnect(4001))
    await serve(close_with_4002, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("server", 4002, "full")
    assert (end["sent_code"], end["sent_reason"]) == (4002, "full")


async def test_close__without_a_code_is_1000(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"]) == ("server_normal", 1000)


async def test_close__second_one_does_not_speak_for_the_first(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4002, "reason": "full"})
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"], end["close_reason"]) == ("server_application", 4002, "full")


async def test_close__that_the_server_refuses_is_the_applications_error(recording: Process) -> None:
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


async def test_close__with_a_code_that_is_none_is_recorded_all_the_same(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 2**64})

    await serve(app, Server(CONNECT))
    assert verdict(await only_end(recording)) == ("closed", "server_normal", 1000)


async def test_refusal__keeps_the_code_that_nobody_else_sees(recording: Process) -> None:
    await serve(refuse, Server(CONNECT))
    assert (await only_end(recording))["sent_code"] == 4403


async def test_first_word__is_the_clients_where_the_application_returns_on_an_unread_close(
    recording: Process,
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.tell(disconnect(4001))

    server = Server(CONNECT)
    await serve(app, server)
    assert verdict(await only_end(recording)) == ("closed", "client_application", 4001)


async def test_refusal__is_recorded_when_it_is_sent(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await refuse(scope, receive, send)
        assert len(ends(recording)) == 1

    await serve(app, Server(CONNECT))
    await only_end(recording)
