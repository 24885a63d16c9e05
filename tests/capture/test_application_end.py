"""An application that returned without closing leaves its socket open on Daphne; the record says so."""

from __future__ import annotations

import pytest

from lifecycle.capture import LifecycleMiddleware
from lifecycle.capture.read_ahead import LIMIT
from lifecycle.server.process import Process
from tests.asgi import CONNECT, Application, Server, disconnect, ends, scope, spooled, text, until
from tests.capture.sockets import close_with_4002, return_after_accept, serve, talk
from tests.capture.test_daphne import as_daphne


async def served(app: Application, server: Server) -> None:
    """Serve one socket on Daphne until its application returns."""
    _, send = as_daphne(server, state=3)
    await LifecycleMiddleware(app)(scope(), server.receive, send)


async def test_application_end__is_recorded_while_the_socket_is_open(recording: Process) -> None:
    await served(return_after_accept, Server(CONNECT))
    row = spooled(recording)[-1]
    assert row["opened_at"] <= row["accepted_at"] <= row["application_ended_at"]
    assert row["e"] == "returned"
    assert ends(recording) == []


async def test_application_end__is_in_the_row_of_the_later_end(recording: Process) -> None:
    server = Server(CONNECT)
    await served(return_after_accept, server)
    open_row = spooled(recording)[-1]
    server.deliver(text("is anybody there?"), disconnect(1000))
    await until(lambda: not recording.sockets.open)
    end = ends(recording)[-1]
    assert (end["state"], end["cause"], end["messages_in"]) == ("closed", "client_normal", 1)
    assert end["application_ended_at"] == open_row["application_ended_at"] < end["closed_at"]


async def test_end__is_noticed_after_more_messages_than_are_read_ahead(recording: Process) -> None:
    server = Server(CONNECT)
    await served(return_after_accept, server)
    server.deliver(*[text("is anybody there?")] * (2 * LIMIT), disconnect(1000))
    await until(lambda: not recording.sockets.open)
    end = ends(recording)[-1]
    assert (end["cause"], end["messages_in"]) == ("client_normal", 2 * LIMIT)


@pytest.mark.parametrize(
    ("app", "messages"),
    [(talk, [CONNECT, disconnect(1000)]), (close_with_4002, [CONNECT, disconnect(4002)])],
    ids=["client-closes", "application-closes"],
)
async def test_application_end__of_other_connections_is_empty(
    recording: Process, app: Application, messages: list
) -> None:
    await served(app, Server(*messages))
    [end] = ends(recording)
    assert end["application_ended_at"] is None


async def test_application_end__on_other_servers_is_the_end(recording: Process) -> None:
    await serve(return_after_accept, Server(CONNECT))
    [end] = ends(recording)
    assert (end["cause"], end["application_ended_at"]) == ("server_error", None)
