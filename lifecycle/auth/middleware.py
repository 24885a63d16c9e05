"""Authenticates WebSocket users by signed tokens. Tokens are never recorded or logged."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import AbstractBaseUser

from lifecycle.asgi_types import Application, Message, Receive, Scope, Send
from lifecycle.auth.token_scope import CLAIMS, HELD, HeldToken, hold_token
from lifecycle.auth.tokens import BadToken, Claims, find_user, read_token
from lifecycle.status.frames import SUBPROTOCOL
from lifecycle.verdict.close_codes import CloseCode


class TokenAuthMiddleware:
    """ASGI middleware that authenticates by token; it belongs inside Channels' ``AuthMiddlewareStack``.

    A valid token sets ``scope["user"]``, and ``scope["lifecycle_token_claims"]`` to its ``Claims``. A handshake
    with an invalid token is refused before the accept. Without a token, ``scope["user"]`` remains the user of the
    session.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Set ``scope["user"]`` and call the application, or refuse the handshake."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        token = hold_token(scope)
        scope = {name: value for name, value in scope.items() if name != HELD}
        if token is not None:
            try:
                scope["user"], scope[CLAIMS] = await authenticate(token)
            except BadToken as error:
                return await refuse(receive, send, error.reason)
        return await self.app(scope, receive, with_subprotocol(scope, send))


async def authenticate(token: HeldToken) -> tuple[AbstractBaseUser, Claims]:
    """Return the user and the claims of a token; raises ``BadToken``.

    Queries the database only if the signature is valid.
    """
    claims = read_token(token.text)
    return await database_sync_to_async(find_user)(claims), claims


async def refuse(receive: Receive, send: Send, reason: str) -> None:
    """Send a close before the accept; the client receives HTTP 403."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": int(CloseCode.BAD_TOKEN), "reason": reason})


def with_subprotocol(scope: Scope, send: Send) -> Send:
    """Return a ``send`` that selects the subprotocol ``lifecycle.v1`` if the application selects none.

    A browser that sends its token as a subprotocol closes the connection itself if the server selects none of the
    offered subprotocols.
    """
    if SUBPROTOCOL not in scope.get("subprotocols", ()):
        return send

    async def answer(message: Message) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": SUBPROTOCOL}
        await send(message)

    return answer
