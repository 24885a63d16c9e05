"""Who may open a socket: users by signed token, pages by their origin. No token is recorded or logged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.security.websocket import OriginValidator, WebsocketDenier
from django.contrib.auth.models import AbstractBaseUser

from lifecycle.asgi_types import Application, Message, Receive, Scope, Send
from lifecycle.auth.token_scope import HELD, HeldToken, hold_token
from lifecycle.auth.tokens import BadToken, find_user, read_token
from lifecycle.status.consumer import SUBPROTOCOL
from lifecycle.verdict.close_codes import CloseCode


class TokenAuthMiddleware:
    """ASGI middleware inside the session's: a good token is the user, a bad one is refused before accept.

    Without a token the user stays whom the session says.
    """

    def __init__(self, app: Application) -> None:
        """Stand before an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Put the token's user at ``scope["user"]`` and serve."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        token = hold_token(scope)
        scope = {name: value for name, value in scope.items() if name != HELD}
        if token is not None:
            try:
                scope["user"] = await authenticate(token)
            except BadToken as error:
                return await refuse(receive, send, error.reason)
        return await self.app(scope, receive, with_subprotocol(scope, send))


async def authenticate(token: HeldToken) -> AbstractBaseUser:
    """Return a token's user; only a token with a good signature costs a look into the database."""
    return await database_sync_to_async(find_user)(read_token(token.text))


async def refuse(receive: Receive, send: Send, reason: str) -> None:
    """Close before accept; on the wire that is HTTP 403."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": int(CloseCode.BAD_TOKEN), "reason": reason})


def with_subprotocol(scope: Scope, send: Send) -> Send:
    """Return ``send`` that answers an offer of ``lifecycle.v1`` where the application chooses nothing.

    A browser fails a connection whose offer of subprotocols is not answered, and a token comes as such an offer.
    """
    if SUBPROTOCOL not in scope.get("subprotocols", ()):
        return send

    async def answer(message: Message) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": SUBPROTOCOL}
        await send(message)

    return answer


class OriginOrTokenValidator(OriginValidator):
    """Origin check of Channels for those whom it protects: browsers that bring cookies.

    Outermost of the authentication. A request without an Origin header does not come from a browser (RFC 6455
    section 10.2). One that brings a token passes too: it is known by that alone, its cookies are taken away.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Serve a request that may pass, refuse one that may not."""
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
    """Return a copy of a scope that no session can be read from."""
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}


def is_readable(origin: str) -> bool:
    """Tell whether an origin can be taken apart; Channels would raise on one that can not."""
    try:
        _ = urlsplit(origin).port
    except ValueError:
        return False
    return True
