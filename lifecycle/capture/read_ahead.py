"""Reads a socket on while its application is busy, so that an end is seen when it arrives.

Channels asks for the next message only when the handler of the last one returned. While an application waits for
a message it reads the server directly, at no cost. A socket whose application has been busy for ``busy.PATIENCE``
gets a task that reads ahead of it, at most ``LIMIT`` messages, so that a slow consumer still slows its peer down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lifecycle.asgi_types import Message, Receive

LIMIT = 64


class ReadAhead:
    """The messages of one socket that arrived before its application asked for them."""

    __slots__ = ("error", "messages", "note", "server_receive", "task", "waiter")

    def __init__(self, server_receive: Receive, note: Callable[[Message], None]) -> None:
        """Read ``server_receive`` and call ``note`` with each message as it arrives."""
        self.server_receive = server_receive
        self.note = note
        self.messages: list[Message] = []
        self.waiter: asyncio.Future[None] | None = None
        self.error: BaseException | None = None
        self.task = asyncio.create_task(self.read())

    async def read(self) -> None:
        """Read until the end of the socket, or until the application is ``LIMIT`` messages behind."""
        try:
            while True:
                while len(self.messages) >= LIMIT:
                    await self.change()
                message = await self.server_receive()
                self.note(message)
                self.messages.append(message)
                self.changed()
                if message["type"] == "websocket.disconnect":
                    return
        except Exception as error:  # the server's own: the application's next receive() raises it
            self.error = error
            self.changed()

    async def get(self) -> Message:
        """Return the next message, in the order of arrival."""
        while not self.messages:
            if self.error is not None:
                raise self.error
            if self.task.done():
                return await self.server_receive()
            await self.change()
        message = self.messages.pop(0)
        self.changed()
        return message

    async def change(self) -> None:
        """Wait until the other side has put a message in or taken one out; only one side ever waits."""
        waiter = self.waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        finally:
            # The other side may have begun to wait since this one was woken.
            if self.waiter is waiter:
                self.waiter = None

    def changed(self) -> None:
        """Wake the side that waits."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)
