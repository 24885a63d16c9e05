"""ASGI applications with and without a route for the socket of the live page."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from dashboard.routing import websocket_urlpatterns
from lifecycle import routing

lifecycle_only = URLRouter(routing.websocket_urlpatterns)
parameter = URLRouter([path("<int:tenant>/", URLRouter(websocket_urlpatterns))])
no_sockets = ProtocolTypeRouter({})
mounted = ProtocolTypeRouter({"websocket": URLRouter([path("monitor/", URLRouter(websocket_urlpatterns))])})


async def function(scope: object, receive: object, send: object) -> None:
    """Any ASGI application, whose inside cannot be seen."""
