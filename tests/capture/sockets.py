"""Applications, servers and short names that the tests of the capture share."""

from __future__ import annotations

import asyncio
from typing import Any

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server.busy import PATIENCE
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, Application, Message, Receive, Send, Server, ends, scope, until


class ApplicationError(Exception):
    """What an application raises."""


async def serve(app: Application, server: Server, **more: object) -> Any:  # noqa: ANN401 - the application's
    """Serve one socket through the middleware, to its end."""
    async with asyncio.timeout(5):
        return await LifecycleMiddleware(app)(scope(**more), server.receive, server.send)


async def only_end(process: Process) -> dict[str, Any]:
    """Return the one end in the spool, after every task that could add another has had its turn."""
    for _ in range(10):
        await asyncio.sleep(0)
    [end] = ends(process)
    assert process.sockets.open == {}
    return end


def verdict(end: dict[str, Any]) -> tuple[str, str, int | None]:
    """Return state, cause and code of an end."""
    return end["state"], end["cause"], end["close_code"]


async def started(app: Application, server: Server) -> asyncio.Task[Any]:
    """Serve a socket in a task of its own, and return it once the application has accepted."""
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, server.send))
    await until(lambda: ACCEPT in server.sent)
    return task


async def talk(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, and read until the end."""
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def close_with_4002(scope: Message, receive: Receive, send: Send) -> None:
    """Accept and close."""
    await receive()
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 4002, "reason": "full"})
    await receive()


async def refuse(scope: Message, receive: Receive, send: Send) -> None:
    """Close before accept."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})


async def return_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Leave an open socket."""
    await receive()
    await send(ACCEPT)


async def slow(scope: Message, receive: Receive, send: Send) -> None:
    """Take longer to accept than a busy application is waited for."""
    await receive()
    await asyncio.sleep(3 * PATIENCE)
    await talk_on(receive, send)


async def talk_on(receive: Receive, send: Send) -> None:
    """Accept, and read until the end."""
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


def broken(*arguments: object, **named: object) -> None:
    """Stand for any part of the recorder that fails."""
    raise ZeroDivisionError("the recorder's own")
