"""Checks the origin of a handshake, unless the client authenticates with a token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier

from lifecycle.asgi_types import Receive, Scope, Send
from lifecycle.auth.token_scope import hold_token


class OriginOrTokenValidator(OriginValidator):
    """Channels' origin check, applied only to clients that it protects: browsers that send cookies.

    It belongs outside the session and authentication middlewares. A request without an Origin header does not come
    from a browser (RFC 6455 section 10.2), so it passes. A request with a token also passes, but its cookies
    are removed, so only the token authenticates it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Call the application, or refuse the handshake if its origin is not allowed."""
        if scope["type"] == "websocket":
            if hold_token(scope) is not None:
                return await self.application(without_cookies(scope), receive, send)
            origins = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"origin"]
            if not origins:
                return await self.application(scope, receive, send)
            if not all(map(is_readable, origins)):
                return await WebsocketDenier()(scope, receive, send)
        return await super().__call__(scope, receive, send)


def without_cookies(scope: Scope) -> Scope:
    """Return a copy of a scope without its cookies."""
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}


def is_readable(origin: str) -> bool:
    """Return whether an origin can be parsed; Channels raises ``ValueError`` if it cannot."""
    try:
        _ = urlsplit(origin).port
    except ValueError:
        return False
    return True
