"""Each connection ends exactly once, with its true cause, regardless of the application's behaviour."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from lifecycle import startup
from lifecycle.server.process import Process
from lifecycle.verdict.facts import Evidence
from lifecycle.verdict.implementations import UVICORN_SANSIO
from tests.asgi import (
    ACCEPT,
    CONNECT,
    Application,
    Message,
    Receive,
    Send,
    Server,
    disconnect,
    ends,
    text,
    until,
)
from tests.capture.conftest import FakeWitness
from tests.capture.sockets import (
    ApplicationError,
    close_with_4002,
    only_end,
    refuse,
    return_after_accept,
    serve,
    started,
    talk,
    verdict,
)


async def refuse_and_read(scope: Message, receive: Receive, send: Send) -> None:
    """Refuse the handshake, then read the disconnect that Daphne sends after a refusal."""
    await refuse(scope, receive, send)
    await receive()


async def deny_with_a_response(scope: Message, receive: Receive, send: Send) -> None:
    """Refuse with an HTTP response (ASGI "Websocket Denial Response")."""
    await receive()
    await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


async def raise_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Raise an error before the accept."""
    await receive()
    raise ApplicationError


async def raise_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Raise an error on an open socket."""
    await receive()
    await send(ACCEPT)
    raise ApplicationError


async def raise_after_the_end(scope: Message, receive: Receive, send: Send) -> None:
    """Raise an error in the handler of the disconnect."""
    await talk(scope, receive, send)
    raise ApplicationError


async def raise_after_close(scope: Message, receive: Receive, send: Send) -> None:
    """Raise an error after the application has closed the socket."""
    await receive()
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 4002})
    raise ApplicationError


async def return_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Return without answering the handshake."""
    await receive()


PATHS: dict[str, tuple[Application, list[Message], tuple[str, str, int | None]]] = {
    "client closes": (talk, [CONNECT, text("a"), disconnect(4001)], ("closed", "client_application", 4001)),
    "close frame without a code": (talk, [CONNECT, disconnect(None)], ("closed", "client_no_status", 1005)),
    "connection dropped": (talk, [CONNECT, disconnect(1006)], ("closed", "network_lost", 1006)),
    "server closes": (close_with_4002, [CONNECT], ("closed", "server_application", 4002)),
    "refused": (refuse, [CONNECT], ("rejected", "rejected", None)),
    "refused, then a disconnect": (refuse_and_read, [CONNECT], ("rejected", "rejected", None)),
    "denied with a response": (deny_with_a_response, [CONNECT], ("rejected", "rejected", None)),
    "raised before accept": (raise_before_accept, [CONNECT], ("rejected", "handshake_error", None)),
    "raised after accept": (raise_after_accept, [CONNECT], ("closed", "server_error", 1006)),
    "raised after the end": (
        raise_after_the_end,
        [CONNECT, disconnect(1001)],
        ("closed", "client_going_away", 1001),
    ),
    "raised after its own close": (raise_after_close, [CONNECT], ("closed", "server_application", 4002)),
    "returned before accept": (return_before_accept, [CONNECT], ("rejected", "handshake_error", None)),
    "returned after accept": (return_after_accept, [CONNECT], ("closed", "server_error", 1006)),
    "client gone before accept": (talk, [disconnect(1006), disconnect(1006)], ("rejected", "abandoned", None)),
}


#: The message that the server sends after the application has closed.
ANSWERS: dict[Application, Message] = {close_with_4002: disconnect(1000), refuse_and_read: disconnect(1006)}


@pytest.mark.parametrize(("app", "messages", "expected"), PATHS.values(), ids=PATHS)
async def test_end__is_recorded_exactly_once(
    recording: Process, app: Application, messages: list[Message], expected: tuple[str, str, int | None]
) -> None:
    server = Server(*messages)
    if app in ANSWERS:
        asyncio.get_running_loop().call_later(0.01, server.deliver, ANSWERS[app])
    with suppress(ApplicationError):
        await serve(app, server)
    assert verdict(await only_end(recording)) == expected


async def test_end__of_a_cancelled_application_is_unknown(recording: Process) -> None:
    task = await started(talk, Server(CONNECT))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert verdict(await only_end(recording)) == ("closed", "unknown", 1006)


@pytest.mark.parametrize("fails", [True, False], ids=["raises", "returns"])
async def test_end__of_an_application_cancelled_in_its_last_step_is_server_error(
    recording: Process, fails: bool
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        current = asyncio.current_task()
        assert current
        current.cancel()
        if fails:
            raise ApplicationError

    with pytest.raises((asyncio.CancelledError, ApplicationError)):
        await asyncio.create_task(serve(app, Server(CONNECT)))
    assert (await only_end(recording))["cause"] == "server_error"


async def test_end__of_a_socket_open_at_shutdown_is_server_shutdown(recording: Process) -> None:
    server = Server(CONNECT)
    task = await started(talk, server)
    recording.sockets.stop()
    server.deliver(disconnect(1006))
    await task
    assert verdict(await only_end(recording)) == ("closed", "server_shutdown", 1006)


async def test_end__is_recorded_while_the_application_is_busy(recording: Process) -> None:
    done = asyncio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await done.wait()
        assert await receive() == text("unread")
        assert await receive() == disconnect(4001)

    server = Server(CONNECT)
    task = await started(app, server)
    server.deliver(text("unread"), disconnect(4001))
    await until(lambda: ends(recording))
    done.set()
    await task
    end = await only_end(recording)
    assert verdict(end) == ("closed", "client_application", 4001)
    assert end["messages_in"] == 1


@pytest.mark.parametrize("stopping", [True, False, None])
async def test_shutdown__of_uvicorn_without_a_lifespan_needs_proof_from_the_server(
    recording: Process, monkeypatch: pytest.MonkeyPatch, stopping: bool | None
) -> None:
    monkeypatch.setattr(FakeWitness, "evidence", Evidence(UVICORN_SANSIO))
    monkeypatch.setattr(startup, "uvicorn_is_stopping", lambda: stopping)
    await serve(talk, Server(CONNECT, disconnect(1012)))
    assert verdict(await only_end(recording)) == ("closed", "server_shutdown", 1012)
    assert recording.sockets.stopping is bool(stopping)
