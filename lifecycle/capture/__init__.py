"""The middleware that watches each WebSocket from its handshake to its end."""

from __future__ import annotations

from lifecycle.capture.endpoints import name_endpoint
from lifecycle.capture.middleware import LifecycleMiddleware

__all__ = ["LifecycleMiddleware", "name_endpoint"]
