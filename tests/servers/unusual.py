"""Applications that fail in unusual ways, and applications outside the middleware that close its sockets."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress

# This loads the apps. Imports that need models come after it.
from tests.integration import application as usual

from channels.generic.websocket import AsyncWebsocketConsumer  # isort: skip
from channels.routing import ProtocolTypeRouter, URLRouter  # isort: skip
from django.urls import path  # isort: skip

from lifecycle.asgi_types import Message, Receive, Scope, Send  # isort: skip
from lifecycle.capture.middleware import LifecycleMiddleware  # isort: skip
from lifecycle.startup import Lifespan  # isort: skip

#: The code with which the outer applications close, and the seconds after which ``expiring`` closes.
OUTER_CODE = int(os.environ.get("OUTER_CODE", "4003"))
EXPIRY_SECONDS = 0.5


async def until_disconnect(receive: Receive) -> None:
    """Read up to the disconnect."""
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def accepts(scope: Scope, receive: Receive, send: Send, **more: object) -> None:
    """Accept as ``more`` says, and read up to the disconnect."""
    await receive()
    await send({"type": "websocket.accept", **more})
    await until_disconnect(receive)


async def text_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept with a header that is text; ASGI requires bytes."""
    await accepts(scope, receive, send, headers=[("x-a", "b")])


async def split_header(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept with a header that contains a line break."""
    await accepts(scope, receive, send, headers=[(b"x-a", b"b\r\nc: d")])


async def unoffered(scope: Scope, receive: Receive, send: Send) -> None:
    """Accept with a subprotocol that the client has not offered."""
    await accepts(scope, receive, send, subprotocol="chat")


async def closes_raw(scope: Scope, receive: Receive, send: Send) -> None:
    """Close with the keys that the client sends as JSON."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", **json.loads((await receive())["text"])})
    await until_disconnect(receive)


async def closes_twice(scope: Scope, receive: Receive, send: Send) -> None:
    """Close with a code that is not valid, and then with 4002."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
    with suppress(Exception):
        await send({"type": "websocket.close", "code": 70_000})
    await send({"type": "websocket.close", "code": 4002})
    await until_disconnect(receive)


async def feed(scope: Scope, receive: Receive, send: Send) -> None:
    """Send 64 KiB every 2 ms, and never read."""
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "x" * 65_536})
        await asyncio.sleep(0.002)


class RaisesAfterAnswer(AsyncWebsocketConsumer):
    """Answers, and fails."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer and raise."""
        await self.send("failing")
        raise RuntimeError("raised after the answer, on purpose")


inner = LifecycleMiddleware(
    URLRouter(
        [
            path("ws/text_headers/<str:mark>/", text_headers),
            path("ws/split_header/<str:mark>/", split_header),
            path("ws/unoffered/<str:mark>/", unoffered),
            path("ws/closes_raw/<str:mark>/", closes_raw),
            path("ws/closes_twice/<str:mark>/", closes_twice),
            path("ws/feed/<str:mark>/", feed),
            path("ws/raises_after_answer/<str:mark>/", RaisesAfterAnswer.as_asgi()),
            *usual.routes.routes,
        ]
    )
)
application = ProtocolTypeRouter({"http": usual.django_application, "lifespan": Lifespan(), "websocket": inner})


async def close_later(send: Send) -> None:
    """Close after a while."""
    await asyncio.sleep(EXPIRY_SECONDS)
    await send({"type": "websocket.close", "code": OUTER_CODE, "reason": "session expired"})


async def expiring(scope: Scope, receive: Receive, send: Send) -> None:
    """Close every socket after a while, from outside the middleware, as for a session that has expired."""
    if scope["type"] != "websocket":
        return await application(scope, receive, send)
    task = asyncio.create_task(close_later(send))
    try:
        await inner(scope, receive, send)
    finally:
        task.cancel()


async def handling(scope: Scope, receive: Receive, send: Send) -> None:
    """Close after an exception, from outside the middleware."""
    if scope["type"] != "websocket":
        return await application(scope, receive, send)
    try:
        await inner(scope, receive, send)
    except Exception:
        await send({"type": "websocket.close", "code": OUTER_CODE})


async def hidden(scope: Scope, receive: Receive, send: Send) -> None:
    """Pass the messages on through queues, so nothing leads to the server, and close after a while."""
    if scope["type"] != "websocket":
        return await application(scope, receive, send)
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    tasks = [
        asyncio.create_task(inner(scope, incoming.get, outgoing.put)),
        asyncio.create_task(pass_on(receive, incoming.put)),
        asyncio.create_task(pass_on(outgoing.get, send)),
        asyncio.create_task(close_later(send)),
    ]
    await asyncio.wait(tasks[:3], return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait(tasks, timeout=1)
    for task in tasks:
        task.cancel()


async def pass_on(receive: Receive, send: Send) -> None:
    """Pass all messages on, up to the disconnect."""
    message: Message = {"type": ""}
    while message["type"] != "websocket.disconnect":
        message = await receive()
        await send(message)
