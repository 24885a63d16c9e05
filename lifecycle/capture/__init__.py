"""The middleware that watches each WebSocket from its handshake to its end."""

from __future__ import annotations

from lifecycle.capture.middleware import LifecycleMiddleware

__all__ = ["LifecycleMiddleware"]
