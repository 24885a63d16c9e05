"""The application of the fault tests: the consumers of the integration tests, and some that fail in other ways."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.integration.application import django_application, routes

# After the above, which loads the apps.
from channels.auth import AuthMiddlewareStack  # isort: skip
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer  # isort: skip
from channels.routing import ProtocolTypeRouter, URLRouter  # isort: skip
from dashboard.live import consumer as dashboard  # isort: skip
from django.urls import path  # isort: skip

from lifecycle.capture.middleware import LifecycleMiddleware  # isort: skip
from lifecycle.startup import Lifespan  # isort: skip

#: How long a consumer is busy, and how long one blocks the event loop so that handshakes time out, in seconds.
BLOCKED_SECONDS = 2.0
HAUNTED_SECONDS = 1.5
#: Printed if the application of a connection that should become a ghost receives the disconnect.
TOLD = "told of the end:"
# Short, so that a check falls into an outage of a few seconds.
dashboard.RECHECK_SECONDS = 1.0


class Blocks(WebsocketConsumer):
    """Blocks the thread of the synchronous consumers for a while at each message."""

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Block, then answer."""
        time.sleep(BLOCKED_SECONDS)
        self.send(text_data, bytes_data)


class Dawdles(AsyncWebsocketConsumer):
    """Is busy for a while at each message, and then answers, even if the client has gone."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Be busy, then answer."""
        await asyncio.sleep(BLOCKED_SECONDS)
        await self.send(text_data, bytes_data)


async def never_reads(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Accept, send one message, and never call ``receive``."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "I do not listen"})
    await asyncio.Event().wait()


async def haunts(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Accept after the server has given up the handshake, and before it notices that the connection is gone.

    That is what a burst does by chance: Daphne then never tells the application of the end.
    """
    await receive()
    time.sleep(HAUNTED_SECONDS)  # noqa: ASYNC251 - nothing else may run
    # In the first turn of the event loop the handshake times out, in the second the connection is lost.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await send({"type": "websocket.accept"})
    await receive()
    print(TOLD, scope["path"], flush=True)


faulty = URLRouter(
    [
        path("ws/blocks/<str:mark>/", Blocks.as_asgi()),
        path("ws/dawdles/<str:mark>/", Dawdles.as_asgi()),
        path("ws/never_reads/<str:mark>/", never_reads),
        path("ws/haunts/<str:mark>/", haunts),
        path("ws/dashboard/", AuthMiddlewareStack(dashboard.DashboardConsumer.as_asgi())),
        *routes.routes,
    ]
)
watched = LifecycleMiddleware(faulty)
application = ProtocolTypeRouter({"http": django_application, "lifespan": Lifespan(), "websocket": watched})
without_lifespan = ProtocolTypeRouter({"http": django_application, "websocket": watched})
#: The same consumers without the monitor, to compare what clients see.
bare = ProtocolTypeRouter({"http": django_application, "websocket": faulty})
