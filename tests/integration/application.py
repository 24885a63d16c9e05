"""The project of the integration tests: consumers that end in every way, behind the middleware."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
# This loads the apps. Imports that need models come after it.
django_application = get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.routing import websocket_urlpatterns  # noqa: E402
from lifecycle.startup import Lifespan  # noqa: E402

#: How long a busy consumer's handler takes, and a slow consumer's handshake, in seconds.
BUSY_SECONDS = 2.0
SLOW_SECONDS = 1.0


class Echo(AsyncWebsocketConsumer):
    """Sends back whatever it gets."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a message with itself."""
        await self.send(text_data, bytes_data)


class SyncEcho(WebsocketConsumer):
    """Sends back whatever it gets, from the thread of the synchronous consumers."""

    def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a message with itself."""
        self.send(text_data, bytes_data)


class Closes(AsyncWebsocketConsumer):
    """Closes as the client asks: "4002 why" is a code and a reason."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Close."""
        code, _, reason = (text_data or "").partition(" ")
        await self.close(int(code), reason or None)


class ClosesAtOnce(AsyncWebsocketConsumer):
    """Accepts, and closes at once, so that a browser sees the code."""

    async def connect(self) -> None:
        """Accept and close."""
        await self.accept()
        await self.close(4401)


class ClosesAndRaises(Closes):
    """Closes as the client asks, and then fails."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Close and raise."""
        await super().receive(text_data, bytes_data)
        raise RuntimeError("raised after the close, on purpose")


class Busy(AsyncWebsocketConsumer):
    """Says that it is busy with a message, stays busy for a while, and then closes."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Be busy, then close."""
        await self.send("busy")
        await asyncio.sleep(BUSY_SECONDS)
        await self.close(4002)


class RaisesInConnect(AsyncWebsocketConsumer):
    """Fails before it accepts."""

    async def connect(self) -> None:
        """Raise."""
        raise RuntimeError("raised in connect, on purpose")


class RaisesInReceive(AsyncWebsocketConsumer):
    """Fails at the first message."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Raise."""
        raise RuntimeError("raised in receive, on purpose")


class RaisesInDisconnect(Echo):
    """Fails when it is told of the end."""

    async def disconnect(self, code: int) -> None:
        """Raise."""
        raise RuntimeError("raised in disconnect, on purpose")


class Refuses(AsyncWebsocketConsumer):
    """Closes before it accepts."""

    async def connect(self) -> None:
        """Refuse."""
        await self.close(4403)


class SlowToAccept(Echo):
    """Accepts after a while."""

    async def connect(self) -> None:
        """Wait, then accept."""
        await asyncio.sleep(SLOW_SECONDS)
        await self.accept()


class NeverAccepts(AsyncWebsocketConsumer):
    """Leaves the handshake unanswered."""

    async def connect(self) -> None:
        """Do nothing."""


async def plain(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Echo text, as a plain ASGI application without Channels."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def returns(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Accept, take one message, and return without a close."""
    await receive()
    await send({"type": "websocket.accept"})
    await receive()


async def returns_before_accept(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Return without an answer to the handshake."""
    await receive()


inner = URLRouter([path("inner/", Echo.as_asgi()), re_path(r"^(?P<number>\d+)/$", plain)])
routes = URLRouter(
    [
        *websocket_urlpatterns,
        path("ws/echo/<str:mark>/", Echo.as_asgi()),
        path("ws/sync_echo/<str:mark>/", SyncEcho.as_asgi()),
        path("ws/closes/<str:mark>/", Closes.as_asgi()),
        path("ws/closes_at_once/<str:mark>/", ClosesAtOnce.as_asgi()),
        path("ws/closes_and_raises/<str:mark>/", ClosesAndRaises.as_asgi()),
        path("ws/busy/<str:mark>/", Busy.as_asgi()),
        path("ws/raises_in_connect/<str:mark>/", RaisesInConnect.as_asgi()),
        path("ws/raises_in_receive/<str:mark>/", RaisesInReceive.as_asgi()),
        path("ws/raises_in_disconnect/<str:mark>/", RaisesInDisconnect.as_asgi()),
        path("ws/refuses/<str:mark>/", Refuses.as_asgi()),
        path("ws/slow_to_accept/<str:mark>/", SlowToAccept.as_asgi()),
        path("ws/never_accepts/<str:mark>/", NeverAccepts.as_asgi()),
        path("ws/plain/<str:mark>/", plain),
        path("ws/returns/<str:mark>/", returns),
        path("ws/returns_before_accept/<str:mark>/", returns_before_accept),
        path("ws/outer/<str:mark>/", inner),
        re_path(r"^ws/pattern/(?P<mark>\w+)/$", Echo.as_asgi()),
    ]
)
application = ProtocolTypeRouter(
    {
        "http": django_application,
        "lifespan": Lifespan(),
        "websocket": LifecycleMiddleware(AllowedHostsOriginValidator(routes)),
    }
)
