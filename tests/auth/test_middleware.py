"""Authentication of a handshake; the token is removed from everything that is recorded or logged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from channels.security.websocket import OriginValidator
from django.contrib.auth.models import AnonymousUser, User

from lifecycle.auth import OriginOrTokenValidator, TokenAuthMiddleware
from lifecycle.auth.token_scope import HELD, HeldToken, hold_token
from lifecycle.auth.tokens import make_token
from lifecycle.verdict.facts import Facts

Scope = dict[str, Any]
Message = dict[str, Any]
ORIGIN = (b"origin", b"https://good.example")
COOKIE = (b"cookie", b"sessionid=secret")


class Inner:
    """An application that accepts, and keeps the scope that it was given."""

    def __init__(self, **accept: Any) -> None:  # noqa: ANN401 - fields of the message
        self.scope: Scope | None = None
        self.accept = accept

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Message]], send: Any) -> None:  # noqa: ANN401
        self.scope = scope
        await receive()
        await send({"type": "websocket.accept", **self.accept})


def handshake(
    token: str = "", query: bytes = b"", subprotocols: tuple[str, ...] = (), headers: tuple[Any, ...] = ()
) -> Scope:
    """Return the scope of a handshake; a token goes into the subprotocols."""
    offered = [*subprotocols, *([f"token.{token}"] if token else [])]
    offer = [(b"sec-websocket-protocol", ", ".join(offered).encode())] if offered else []
    return {
        "type": "websocket",
        "path": "/ws/status/",
        "query_string": query,
        "headers": [(b"host", b"good.example"), *offer, *headers],
        "subprotocols": offered,
    }


async def serve(app: Callable[..., Awaitable[Any]], scope: Scope, *messages: str) -> list[Message]:
    """Run an application on one handshake and return what it sent."""
    waiting = list(messages or ["websocket.connect", "websocket.disconnect"])
    sent: list[Message] = []

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": waiting.pop(0), "code": 1006}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice")


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (b"token=T", b""),
        (b"a=1&token=T&b=2", b"a=1&b=2"),
        (b"token=T&token=U", b""),
        (b"%74oken=T&a", b"a"),
    ],
)
def test_hold_token__from_the_query_string(query: bytes, left: bytes) -> None:
    scope = handshake(query=query)
    assert hold_token(scope) == HeldToken("T")
    assert scope["query_string"] == left


@pytest.mark.parametrize("query", [b"", b"tokens=T", b"a=token", b"Token=T"])
def test_hold_token__none_in_the_query_string(query: bytes) -> None:
    scope = handshake(query=query)
    assert hold_token(scope) is None
    assert scope == handshake(query=query) | {HELD: None}


def test_hold_token__from_the_subprotocols_and_their_header() -> None:
    scope = handshake("T", subprotocols=("chat", "lifecycle.v1"))
    assert hold_token(scope) == HeldToken("T")
    assert scope["subprotocols"] == ["chat", "lifecycle.v1"]
    assert scope["headers"] == [(b"host", b"good.example"), (b"sec-websocket-protocol", b"chat, lifecycle.v1")]


def test_hold_token__leaves_no_empty_header() -> None:
    scope = handshake("T")
    hold_token(scope)
    assert scope["headers"] == [(b"host", b"good.example")]


def test_hold_token__with_percent_signs() -> None:
    scope = handshake(subprotocols=("token%2ET",))
    assert hold_token(scope) == HeldToken("T")
    assert scope["headers"] == [(b"host", b"good.example")]


def test_hold_token__cleans_the_scope_of_the_server() -> None:
    server = handshake("T", query=b"token=T&a=1")
    scope = {**server, "lifecycle": Facts(server_scope=server)}
    hold_token(scope)
    assert server == handshake(query=b"a=1")


def test_hold_token__once_and_for_all() -> None:
    scope = handshake("T")
    assert hold_token(scope) is hold_token(scope)


def test_held_token__does_not_show_in_a_dump() -> None:
    scope = handshake("very-secret", query=b"token=very-secret")
    hold_token(scope)
    assert "very-secret" not in repr(scope)


async def test_token__is_the_user_and_is_gone(alice: User) -> None:
    inner = Inner()
    token = make_token(alice)
    scope = handshake(token) | {"user": AnonymousUser()}
    assert await serve(TokenAuthMiddleware(inner), scope) == [{"type": "websocket.accept"}]
    assert inner.scope
    assert inner.scope["user"] == alice
    assert HELD not in inner.scope
    assert token not in repr(inner.scope)


async def test_token__absent_leaves_the_user_of_the_session() -> None:
    inner = Inner()
    user = User(username="bob")
    scope = handshake() | {"user": user}
    await serve(TokenAuthMiddleware(inner), scope)
    assert inner.scope == handshake() | {"user": user}


@pytest.mark.parametrize("query", [b"token=wrong", b"token=", b"token"])
async def test_token__bad_one_is_refused_before_accept(query: bytes) -> None:
    inner = Inner()
    sent = await serve(TokenAuthMiddleware(inner), handshake(query=query))
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "malformed"}]
    assert inner.scope is None


async def test_token__expired_one_says_so(alice: User) -> None:
    sent = await serve(TokenAuthMiddleware(Inner()), handshake(make_token(alice, -1)))
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "expired"}]


async def test_token__client_left_meanwhile() -> None:
    scope = handshake(query=b"token=wrong")
    assert await serve(TokenAuthMiddleware(Inner()), scope, "websocket.disconnect") == []


@pytest.mark.parametrize(
    ("offered", "accept", "answered"),
    [
        (("lifecycle.v1",), {}, "lifecycle.v1"),
        (("lifecycle.v1",), {"subprotocol": None}, "lifecycle.v1"),
        (("chat", "lifecycle.v1"), {"subprotocol": "chat"}, "chat"),
        (("chat",), {}, None),
    ],
)
async def test_subprotocol__offer_is_answered(
    offered: tuple[str, ...], accept: dict[str, Any], answered: str | None
) -> None:
    (message,) = await serve(TokenAuthMiddleware(Inner(**accept)), handshake(subprotocols=offered))
    assert message.get("subprotocol") == answered


async def test_middleware__other_protocols_pass() -> None:
    inner = Inner()
    scope = {"type": "http", "query_string": b"token=T"}
    await serve(TokenAuthMiddleware(inner), scope)
    assert inner.scope is scope


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ([], True),
        ([ORIGIN], True),
        ([(b"origin", b"https://evil.example")], False),
        ([(b"origin", b"null")], False),
        ([(b"origin", b"")], False),
        ([(b"origin", b"http://[")], False),
        ([(b"origin", b"https://good.example:99999")], False),
    ],
)
async def test_origin__without_a_token(transactional_db: None, headers: list[Any], passes: bool) -> None:
    inner = Inner()
    sent = await serve(OriginOrTokenValidator(inner, ["good.example"]), handshake(headers=(*headers, COOKIE)))
    assert sent[0]["type"] == ("websocket.accept" if passes else "websocket.close")
    if passes:
        assert inner.scope
        assert COOKIE in inner.scope["headers"]


async def test_origin__with_a_token_passes_and_loses_its_cookies() -> None:
    inner = Inner()
    scope = handshake("T", headers=((b"origin", b"https://evil.example"), COOKIE))
    await serve(OriginOrTokenValidator(inner, ["good.example"]), scope)
    assert inner.scope
    assert inner.scope[HELD] == HeldToken("T")
    assert COOKIE not in inner.scope["headers"]


async def test_origin__pair_of_both_refuses_a_bad_token_of_any_origin() -> None:
    scope = handshake("T", headers=((b"origin", b"https://evil.example"),))
    sent = await serve(OriginOrTokenValidator(TokenAuthMiddleware(Inner()), []), scope)
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "malformed"}]


async def test_origin__is_the_check_of_channels_for_other_protocols() -> None:
    assert issubclass(OriginOrTokenValidator, OriginValidator)
    with pytest.raises(ValueError, match="non-WebSocket"):
        await serve(OriginOrTokenValidator(Inner(), []), {"type": "http"})
