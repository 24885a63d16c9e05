"""Authenticates WebSocket users by signed tokens, and checks the origin of web pages."""

from __future__ import annotations

from lifecycle.auth.middleware import TokenAuthMiddleware
from lifecycle.auth.origin import OriginOrTokenValidator

__all__ = ["OriginOrTokenValidator", "TokenAuthMiddleware"]
