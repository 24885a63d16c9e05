"""The measured application in three variants: bare, with a database write per event, and with the monitor."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
# This loads the apps. Modules with models can only be imported afterwards.
django_application = get_asgi_application()

from django.db import connections  # noqa: E402

from dashboard.live.consumer import DashboardConsumer  # noqa: E402
from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.models import Connection  # noqa: E402
from lifecycle.status.consumer import StatusConsumer  # noqa: E402
from lifecycle.verdict.facts import new_id  # noqa: E402

BARE, WRITES, MONITOR = "bare", "writes", "monitor"


class Echo(AsyncWebsocketConsumer):
    """A plain consumer that accepts each connection and echoes each message."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Echo a message."""
        await self.send(text_data, bytes_data)


class WritingEcho(Echo):
    """The same consumer with the usual way to record connections: a write in ``connect()`` and ``disconnect()``.

    It records less than the monitor, and no end if ``disconnect()`` is not called.
    """

    async def connect(self) -> None:
        """Insert the row and accept."""
        self.id = new_id()
        await database_sync_to_async(self.insert)()
        await super().connect()

    async def disconnect(self, code: int) -> None:
        """Update the row."""
        await database_sync_to_async(self.update)(code)

    def insert(self) -> None:
        """Insert the row of a new connection."""
        address, now = self.scope["client"][0], datetime.now(UTC)
        Connection.objects.create(
            id=self.id, endpoint="ws/echo/", path=self.scope["path"], client_ip=address, opened_at=now
        )

    def update(self, code: int) -> None:
        """Update the row of a connection that has ended."""
        now, state = datetime.now(UTC), Connection.State.CLOSED
        Connection.objects.filter(id=self.id).update(state=state, close_code=code, closed_at=now)


VARIANTS = {
    BARE: lambda: URLRouter([path("ws/echo/", Echo.as_asgi())]),
    WRITES: lambda: URLRouter([path("ws/echo/", WritingEcho.as_asgi())]),
    MONITOR: lambda: LifecycleMiddleware(
        URLRouter(
            [
                path("ws/echo/", Echo.as_asgi()),
                path("ws/status/", StatusConsumer.as_asgi()),
                path("ws/dashboard/", AuthMiddlewareStack(DashboardConsumer.as_asgi())),
            ]
        )
    ),
}

VARIANT = os.environ.get("BENCHMARK_VARIANT", BARE)
if VARIANT == WRITES:
    # A project with this many writes sets this, too. Otherwise each write opens and closes a database connection.
    connections.settings["default"]["CONN_MAX_AGE"] = None

application = ProtocolTypeRouter({"http": django_application, "websocket": VARIANTS[VARIANT]()})
