"""Who may open a socket: users by signed token, pages by their origin."""

from __future__ import annotations

from lifecycle.auth.middleware import OriginOrTokenValidator, TokenAuthMiddleware

__all__ = ["OriginOrTokenValidator", "TokenAuthMiddleware"]
