"""The consumer of the dashboard's socket. It serves one viewer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error

from lifecycle.server import current
from lifecycle.verdict.close_codes import CloseCode

from ..permissions import may_still_view, token_has_expired
from . import hub

#: Seconds between two permission checks of an open socket.
RECHECK_SECONDS = 30.0
#: The number of bytes that a viewer may leave unread: a picture of hundreds of endpoints, and answers to pings.
UNSENT_BYTES = 1024 * 1024


class DashboardConsumer(AsyncWebsocketConsumer):
    """Sends the picture to one viewer of the live page, whenever the hub calls ``show``.

    It uses no channel layer, because it receives everything from the hub of its process.
    """

    channel_layer_alias = "lifecycle-none"

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve one viewer, and always remove it from the hub at the end, even after an exception."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            hub.current().leave(self)

    async def connect(self) -> None:
        """Accept a user who may view the dashboard, and send the first picture; refuse any other user."""
        self.checked_at = time.monotonic()
        if not await self.may_still_view():
            await self.close(CloseCode.NOT_ALLOWED.value)
            return
        await self.accept()
        if (process := current.current()) and (facts := self.scope.get("lifecycle")):
            process.sockets.bound(facts.id, UNSENT_BYTES)
        await self.send(hub.current().picture())
        hub.current().viewers.add(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore messages from the page, which has nothing to send."""

    async def show(self, picture: str) -> None:
        """Send a picture, unless the client is still reading the last one.

        Check the permission every ``RECHECK_SECONDS`` and when the token expires.
        """
        if not self.unsent_bytes():
            await self.send(picture)
        if time.monotonic() - self.checked_at > RECHECK_SECONDS or token_has_expired(self.scope):
            self.checked_at = time.monotonic()
            # The check runs in a separate task because a slow database must not delay the other viewers.
            self.recheck = asyncio.create_task(self.check_again())

    def unsent_bytes(self) -> int:
        """Return the bytes that the client has not read yet; 0 if unknown."""
        process, facts = current.current(), self.scope.get("lifecycle")
        return process.sockets.unsent_bytes(facts.id) if process and facts else 0

    async def may_still_view(self) -> bool:
        """Return whether the user may still view. The query runs in the dashboard's own thread."""
        ask = database_sync_to_async(may_still_view, thread_sensitive=False, executor=hub.current().gate)
        return bool(await ask(self.scope))

    async def check_again(self) -> None:
        """Close the socket if the user may no longer view; keep it open if the database query fails."""
        try:
            allowed = await self.may_still_view()
        except Error:
            return
        if not allowed:
            hub.current().viewers.discard(self)
            await self.close(CloseCode.NOT_ALLOWED.value)
