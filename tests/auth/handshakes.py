"""Handshakes for the tests of authentication, and an application that records its scope."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lifecycle.asgi_types import Message, Scope


class Inner:
    """An application that accepts the handshake and records its scope."""

    def __init__(self, **accept: Any) -> None:  # noqa: ANN401 - fields of the message
        self.scope: Scope | None = None
        self.accept = accept

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Any) -> None:  # noqa: ANN401
        self.scope = scope
        await receive()
        await send({"type": "websocket.accept", **self.accept})


def handshake(
    token: str = "", query: bytes = b"", subprotocols: tuple[str, ...] = (), headers: tuple[Any, ...] = ()
) -> Scope:
    """Return the scope of a handshake; a token is added to its subprotocols."""
    offered = [*subprotocols, *([f"token.{token}"] if token else [])]
    offer = [(b"sec-websocket-protocol", ", ".join(offered).encode())] if offered else []
    return {
        "type": "websocket",
        "path": "/ws/status/",
        "query_string": query,
        "headers": [(b"host", b"good.example"), *offer, *headers],
        "subprotocols": offered,
    }


async def serve(app: Callable[..., Awaitable[Any]], scope: Scope, *messages: str) -> list[Message]:
    """Run an application for one handshake; return the messages that it sent."""
    waiting = list(messages or ["websocket.connect", "websocket.disconnect"])
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": waiting.pop(0), "code": 1006}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent
