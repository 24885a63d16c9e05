"""The WebSocket routes of the lifecycle app."""

from __future__ import annotations

from django.urls import path

from lifecycle.status.consumer import StatusConsumer

websocket_urlpatterns = [path("ws/status/", StatusConsumer.as_asgi())]
