"""A handshake that no route matches is refused, and leaves at most one short line in the log."""

from __future__ import annotations

import logging

import pytest
from channels.routing import URLRouter
from django.urls import path

from lifecycle.capture import LifecycleMiddleware
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CLOSE, CONNECT, Message, Receive, Send, Server, ends, scope, text
from tests.capture.sockets import only_end, talk, verdict

#: A traceback of Channels' router had up to 30 KB.
LONGEST_LINE = 300


def routes() -> URLRouter:
    """Return a router with one route, and one route in a router."""
    return URLRouter([path("ws/a/", talk), path("house/", URLRouter([path("attic/", talk)]))])


@pytest.mark.parametrize("at", ["/nowhere/", "/house/cellar/"])
async def test_no_route__is_closed_before_the_accept_and_raises_nothing(recording: Process, at: str) -> None:
    server = Server(CONNECT)
    await LifecycleMiddleware(routes())(scope(at), server.receive, server.send)
    assert server.sent == [CLOSE]
    end = await only_end(recording)
    assert verdict(end) == ("rejected", "rejected_unmatched", None)
    assert (end["initiator"], end["sent_code"]) == ("server", None)


async def test_no_route__logs_one_short_line(recording: Process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lifecycle")
    server = Server(CONNECT)
    await LifecycleMiddleware(routes())(
        scope("/\n" + "x" * 5000, query_string=b"token=s3cret"), server.receive, server.send
    )
    [record] = caplog.records
    message = record.getMessage()
    assert message.startswith("No route matches the WebSocket path '/\\nxxx")
    assert (len(message) < LONGEST_LINE, "\n" in message, "s3cret" in message) == (True, False, False)
    assert record.exc_info is None


async def test_no_route__whose_close_fails_raises_nothing(recording: Process) -> None:
    async def send(message: Message) -> None:
        raise OSError("the client has left")

    await LifecycleMiddleware(routes())(scope("/nowhere/"), Server(CONNECT).receive, send)
    assert (await only_end(recording))["cause"] == "rejected_unmatched"


async def test_no_route__of_an_open_socket_is_raised(recording: Process) -> None:
    async def accepts_first(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await routes()(scope, receive, send)

    server = Server(CONNECT, text("a"))
    with pytest.raises(ValueError, match="No route found"):
        await LifecycleMiddleware(accepts_first)(scope("/nowhere/"), server.receive, server.send)
    assert server.sent == [ACCEPT]
    assert [end["cause"] for end in ends(recording)] == ["server_error"]


async def test_no_route__after_the_application_refused_is_raised(recording: Process) -> None:
    async def refuses_first(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(CLOSE)
        await routes()(scope, receive, send)

    server = Server(CONNECT)
    with pytest.raises(ValueError, match="No route found"):
        await LifecycleMiddleware(refuses_first)(scope("/nowhere/"), server.receive, server.send)
    assert server.sent == [CLOSE]
