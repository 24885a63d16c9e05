"""Reads ahead of a busy application, so the end of its connection is noticed at once.

Channels asks for the next message only after the handler of the previous message has returned. An application that
waits for a message reads directly from the server, which costs nothing. If an application has been busy for
``busy.PATIENCE``, a task reads ahead of it. The task stops at ``LIMIT`` unread messages, so a slow consumer still
slows its client down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lifecycle.asgi_types import Message, Receive

#: Messages that may wait for the application.
LIMIT = 64


class ReadAhead:
    """The messages of one socket that arrived before its application asked for them."""

    __slots__ = ("discards", "error", "messages", "note", "server_receive", "task", "waiter")

    def __init__(self, server_receive: Receive, note: Callable[[Message], None]) -> None:
        """Read ``server_receive`` and call ``note`` with each message as it arrives."""
        self.server_receive = server_receive
        self.note = note
        self.messages: list[Message] = []
        #: Whether the application has finished, so nobody will ask for the messages.
        self.discards = False
        self.waiter: asyncio.Future[None] | None = None
        self.error: BaseException | None = None
        self.task = asyncio.create_task(self.read())

    async def read(self) -> None:
        """Read until the disconnect; pause while ``LIMIT`` messages wait for the application."""
        try:
            while True:
                while len(self.messages) >= LIMIT:
                    await self.change()
                message = await self.server_receive()
                self.note(message)
                if not self.discards:
                    self.messages.append(message)
                self.changed()
                if message["type"] == "websocket.disconnect":
                    return
        except Exception as error:  # from the server: raised again by the application's next receive()
            self.error = error
            self.changed()

    async def get(self) -> Message:
        """Return the next message in the order of arrival.

        Raises the error of the server's ``receive`` once all earlier messages have been returned.
        """
        while not self.messages:
            if self.error is not None:
                raise self.error
            if self.task.done():
                return await self.server_receive()
            await self.change()
        message = self.messages.pop(0)
        self.changed()
        return message

    def discard(self) -> None:
        """Discard all messages from now on, as the application has finished; still wait for the disconnect."""
        self.discards = True
        self.messages.clear()
        self.changed()

    async def change(self) -> None:
        """Wait until a message is added or removed.

        Either ``read`` waits for space or ``get`` waits for a message; never both at the same time.
        """
        waiter = self.waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        finally:
            # The other coroutine may have started to wait since this wait ended.
            if self.waiter is waiter:
                self.waiter = None

    def changed(self) -> None:
        """Wake the coroutine that waits in ``change``."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)
