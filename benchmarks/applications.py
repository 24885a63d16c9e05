"""The measured application in variants: bare, with a database write per event, and with the monitor.

Two more variants have the origin check and the tokens; one of them writes a row for every refused handshake.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
# This loads the apps. Modules with models can only be imported afterwards.
django_application = get_asgi_application()

from django.db import connections  # noqa: E402

from dashboard.live.consumer import DashboardConsumer  # noqa: E402
from lifecycle import conf  # noqa: E402
from lifecycle.auth import OriginOrTokenValidator, TokenAuthMiddleware  # noqa: E402
from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.models import Connection  # noqa: E402
from lifecycle.status.consumer import StatusConsumer  # noqa: E402
from lifecycle.verdict.facts import new_id  # noqa: E402

BARE, WRITES, MONITOR, GUARDED, UNLIMITED = "bare", "writes", "monitor", "guarded", "unlimited"


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


def routes() -> URLRouter:
    """Return the routes of the variants with the monitor."""
    return URLRouter(
        [
            path("ws/echo/", Echo.as_asgi()),
            path("ws/status/", StatusConsumer.as_asgi()),
            path("ws/dashboard/", AuthMiddlewareStack(DashboardConsumer.as_asgi())),
        ]
    )


def guarded() -> LifecycleMiddleware:
    """Return the routes behind the origin check, the session and the token, as in the runnable project."""
    authenticated = AuthMiddlewareStack(TokenAuthMiddleware(routes()))
    return LifecycleMiddleware(OriginOrTokenValidator(authenticated, ["127.0.0.1"]))


VARIANTS = {
    BARE: lambda: URLRouter([path("ws/echo/", Echo.as_asgi())]),
    WRITES: lambda: URLRouter([path("ws/echo/", WritingEcho.as_asgi())]),
    MONITOR: lambda: LifecycleMiddleware(routes()),
    GUARDED: guarded,
    UNLIMITED: guarded,
}

VARIANT = os.environ.get("BENCHMARK_VARIANT", BARE)
if VARIANT == WRITES:
    # A project with this many writes sets this, too. Otherwise each write opens and closes a database connection.
    connections.settings["default"]["CONN_MAX_AGE"] = None
if VARIANT == UNLIMITED:
    settings.LIFECYCLE = {**settings.LIFECYCLE, "REFUSAL_ROWS_PER_SECOND": 1_000_000}
    conf.get_config.cache_clear()

application = ProtocolTypeRouter({"http": django_application, "websocket": VARIANTS[VARIANT]()})
