"""The WebSocket address of the dashboard."""

from __future__ import annotations

from django.urls import path

from .live.consumer import DashboardConsumer

websocket_urlpatterns = [path("ws/dashboard/", DashboardConsumer.as_asgi())]
