"""A fake ASGI server for one connection, and functions that read the recorded events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lifecycle.asgi_types import Application, Message, Receive, Send
from lifecycle.record.events import columns_of
from lifecycle.record.folders import segments
from lifecycle.record.lines import decode_all
from lifecycle.server.process import Process

__all__ = ["Application", "Message", "Receive", "Send"]
CONNECT: Message = {"type": "websocket.connect"}
ACCEPT: Message = {"type": "websocket.accept"}
CLOSE: Message = {"type": "websocket.close"}


class Server:
    """Delivers the messages of a test to an application, and stores the messages that the application sends."""

    def __init__(self, *messages: Message) -> None:
        self.waiting: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        for message in messages:
            self.waiting.put_nowait(message)

    async def receive(self) -> Message:
        """Wait for the next message and return it."""
        return await self.waiting.get()

    async def send(self, message: Message) -> None:
        """Store a message that the application sent."""
        self.sent.append(message)

    def deliver(self, *messages: Message) -> None:
        """Queue more messages for the application."""
        for message in messages:
            self.waiting.put_nowait(message)


def scope(path: str = "/ws/chat/", **more: object) -> dict[str, Any]:
    """Return the scope of a handshake."""
    return {"type": "websocket", "path": path, "headers": [], "subprotocols": [], "query_string": b"", **more}


def text(content: str) -> Message:
    """Return a text message from the client."""
    return {"type": "websocket.receive", "text": content}


def disconnect(code: int | None = 1000, **more: object) -> Message:
    """Return the message in which a server reports the end of a connection."""
    return {"type": "websocket.disconnect", "code": code, **more}


def spooled(process: Process) -> list[dict[str, Any]]:
    """Return the events in the spool of a process as dictionaries; fail if a line is damaged."""
    assert process.recorder.spool
    return spooled_in(process.recorder.spool.folder)


def spooled_in(folder: Path) -> list[dict[str, Any]]:
    """Return the events in a spool folder as dictionaries; fail if a line is damaged."""
    data = b"".join(path.read_bytes() for path in segments(folder))
    events = list(decode_all(data))
    assert None not in events
    return [{"e": event[0], **columns_of(event)} for event in events if event]


def ends(process: Process) -> list[dict[str, Any]]:
    """Return the ``end`` events in the spool of a process."""
    return [event for event in spooled(process) if event["e"] == "end"]


async def until(condition: Callable[[], object]) -> None:
    """Run the other tasks until a condition holds; fail after five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition has no event to wait for
            await asyncio.sleep(0)


async def soon(awaitable: Awaitable[Any]) -> Any:  # noqa: ANN401 - as the awaitable's
    """Return the result of an awaitable; fail after five seconds."""
    async with asyncio.timeout(5):
        return await awaitable
