"""The WebSocket route of the dashboard."""

from __future__ import annotations

from django.urls import path

from .endpoints import SOCKET_ROUTE
from .live.consumer import DashboardConsumer

websocket_urlpatterns = [path(SOCKET_ROUTE, DashboardConsumer.as_asgi())]
