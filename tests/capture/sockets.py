"""Applications and helper functions that the tests of this folder share."""

from __future__ import annotations

import asyncio
from typing import Any

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.busy import PATIENCE
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, Application, Message, Receive, Send, Server, ends, scope, until


class ApplicationError(Exception):
    """The exception that the test applications raise."""


async def serve(app: Application, server: Server, **more: object) -> Any:  # noqa: ANN401 - the application's
    """Serve one socket through the middleware until the application returns; return its result."""
    async with asyncio.timeout(5):
        return await LifecycleMiddleware(app)(scope(**more), server.receive, server.send)


async def only_end(process: Process) -> dict[str, Any]:
    """Return the only ``end`` event in the spool, after other tasks have had the chance to add another."""
    for _ in range(10):
        await asyncio.sleep(0)
    [end] = ends(process)
    assert process.sockets.open == {}
    return end


def verdict(end: dict[str, Any]) -> tuple[str, str, int | None]:
    """Return the state, the cause and the close code of an ``end`` event."""
    return end["state"], end["cause"], end["close_code"]


async def started(app: Application, server: Server) -> asyncio.Task[Any]:
    """Serve a socket in a separate task; return the task once the application has accepted."""
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, server.send))
    await until(lambda: ACCEPT in server.sent)
    return task


async def talk(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, and read until the disconnect."""
    await receive()
    await accept_and_read(receive, send)


async def close_with_4002(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, then close with code 4002."""
    await receive()
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 4002, "reason": "full"})
    await receive()


async def refuse(scope: Message, receive: Receive, send: Send) -> None:
    """Refuse the handshake with code 4403."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})


async def return_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Return without closing the open socket."""
    await receive()
    await send(ACCEPT)


async def slow(scope: Message, receive: Receive, send: Send) -> None:
    """Stay busy for longer than ``PATIENCE``, then accept."""
    await receive()
    await asyncio.sleep(3 * PATIENCE)
    await accept_and_read(receive, send)


async def accept_and_read(receive: Receive, send: Send) -> None:
    """Accept, and read until the disconnect."""
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


def broken(*arguments: object, **named: object) -> None:
    """Replace any part of the recorder with one that fails."""
    raise ZeroDivisionError("recorder failed")
