"""DashboardConsumer: streams one whole snapshot a tick to whoever may see it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error

from lifecycle.verdict.close_codes import CloseCode

from ..permissions import may_still_view
from . import hub

#: Seconds after which an open socket's permission is asked for again.
RECHECK_SECONDS = 30.0


class DashboardConsumer(AsyncWebsocketConsumer):
    """One viewer of the live page; uses no channel layer of its own, the hub serves all viewers."""

    channel_layer_alias = "lifecycle-none"

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve one viewer; the hub lets go of it however the socket ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            hub.current().viewers.discard(self)

    async def connect(self) -> None:
        """Accept who may view, show the first picture at once, and refuse everybody else."""
        self.checked_at = time.monotonic()
        if not await self.may_still_view():
            await self.close(CloseCode.NOT_ALLOWED.value)
            return
        await self.accept()
        await self.send(hub.current().picture())
        hub.current().viewers.add(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore what a page says: this socket only shows."""

    async def show(self, picture: str) -> None:
        """Send a picture; every now and then ask again whether it may be shown."""
        await self.send(picture)
        if time.monotonic() - self.checked_at > RECHECK_SECONDS:
            self.checked_at = time.monotonic()
            # In a task of its own: a database that hangs must not hold up the other viewers.
            self.recheck = asyncio.create_task(self.check_again())

    async def may_still_view(self) -> bool:
        """Ask the database, on a thread of the dashboard's own."""
        ask = database_sync_to_async(may_still_view, thread_sensitive=False, executor=hub.current().gate)
        return bool(await ask(self.scope))

    async def check_again(self) -> None:
        """End the socket of who may no longer view; a database that does not answer is asked again later."""
        try:
            allowed = await self.may_still_view()
        except Error:
            return
        if not allowed:
            hub.current().viewers.discard(self)
            await self.close(CloseCode.NOT_ALLOWED.value)
