"""The server's protocol object is found behind wrappers, and is never that of another connection."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
from daphne.ws_protocol import WebSocketProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from lifecycle.asgi_types import Message, Receive, Scope, Send
from lifecycle.capture import find_server
from lifecycle.capture.find_server import LIMIT, find_witness
from lifecycle.capture.witnesses import Witness, witness_for


async def receive() -> Message:
    """Return nothing of use; Daphne's ``receive`` does not lead to its protocol object either."""
    return {}


async def handle_reply(protocol: object, message: Message) -> None:
    """Stand for the method that Daphne binds to a protocol object."""


def daphne_send() -> Send:
    """Return a ``send`` as Daphne makes it."""
    return functools.partial(handle_reply, WebSocketProtocol())


def uvicorn_send() -> Send:
    """Return a ``send`` as Uvicorn makes it."""
    return object.__new__(WebSocketsSansIOProtocol).send


def closure(send: Send) -> Send:
    """Wrap ``send`` in a function, as Sentry does."""

    async def wrapped(message: Message) -> None:
        await send(message)

    return wrapped


class Owner:
    """Holds ``send`` in an attribute, as a middleware with one object per connection does."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def pass_on(self, message: Message) -> None:
        """Pass a message on."""
        await self._send(message)


def method(send: Send) -> Send:
    """Wrap ``send`` in a method."""
    return Owner(send).pass_on


def partial(send: Send) -> Send:
    """Wrap ``send`` in a partial function with a named argument, as Starlette's middlewares do."""

    async def wrapped(message: Message, send: Send) -> None:
        await send(message)

    return functools.partial(wrapped, send=send)


def opaque(send: Send) -> Send:
    """Wrap ``send`` in an object that does not tell what it wraps."""

    class Opaque:
        __slots__ = ("hidden",)

        async def __call__(self, message: Message) -> None:
            """Do nothing."""

    return Opaque()


async def served(send: Send) -> Witness:
    """Return the witness that is found behind a wrapped ``send``, in a separate task."""
    return await asyncio.create_task(application({"type": "websocket"}, receive, send))


async def application(scope: Scope, receive: Receive, send: Send) -> Witness:
    """Stand for the outermost application, which calls the middleware with a ``send`` that tells nothing."""
    return find_witness(receive, opaque(send))


@pytest.mark.parametrize("server_send", [daphne_send, uvicorn_send])
@pytest.mark.parametrize("wrap", [closure, method, partial, lambda send: closure(method(partial(closure(send))))])
def test_find_witness__looks_into_wrappers(server_send: Any, wrap: Any) -> None:  # noqa: ANN401
    send = server_send()
    assert type(find_witness(receive, wrap(send))) is type(find_witness(receive, send)) is not Witness


def test_find_witness__uses_a_receive_that_is_not_wrapped() -> None:
    protocol = object.__new__(WebSocketsSansIOProtocol)
    assert type(find_witness(protocol.receive, opaque(protocol.send))) is type(witness_for(protocol))


@pytest.mark.parametrize("server_send", [daphne_send, uvicorn_send])
async def test_find_witness__uses_the_coroutine_that_the_server_started(server_send: Any) -> None:  # noqa: ANN401
    send = server_send()
    assert type(await served(send)) is type(find_witness(receive, send)) is not Witness


@pytest.mark.parametrize("server_send", [daphne_send, uvicorn_send])
async def test_find_witness__behind_a_wrapper_that_hides_everything_has_no_evidence(
    server_send: Any,  # noqa: ANN401
) -> None:
    async def hidden() -> Witness:
        return find_witness(receive, opaque(server_send()))

    assert type(await asyncio.create_task(hidden())) is Witness


def test_find_witness__that_finds_two_connections_trusts_neither() -> None:
    first, second = daphne_send(), daphne_send()

    async def send(message: Message) -> None:
        await first(message)
        await second(message)

    assert type(find_witness(receive, send)) is Witness


@pytest.mark.parametrize("server_send", [daphne_send, uvicorn_send])
def test_find_witness__does_not_search_if_send_is_the_servers(
    server_send: Any,  # noqa: ANN401
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find_server, "protocol_behind", lambda receive, send: pytest.fail("searched"))
    assert type(find_witness(receive, server_send())) is not Witness


def test_find_witness__of_an_object_that_raises_has_no_evidence() -> None:
    class Hostile:
        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            """Raise an error."""
            raise RuntimeError("an object of another project")

        async def send(self, message: Message) -> None:
            """Do nothing."""

    assert type(find_witness(receive, Hostile().send)) is Witness


def test_reachable__stops_at_the_limit() -> None:
    send = daphne_send()
    for _ in range(2 * LIMIT):
        send = closure(send)
    assert len(list(find_server.reachable([send]))) == LIMIT
