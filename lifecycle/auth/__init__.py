"""Authenticates clients of WebSockets: users by signed tokens, pages by their origin."""

from __future__ import annotations

from lifecycle.auth.middleware import TokenAuthMiddleware
from lifecycle.auth.origin import OriginOrTokenValidator

__all__ = ["OriginOrTokenValidator", "TokenAuthMiddleware"]
