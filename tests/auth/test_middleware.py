"""Tests of authentication by token."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User

from lifecycle.auth import TokenAuthMiddleware
from lifecycle.auth.token_scope import HELD
from lifecycle.auth.tokens import make_token
from tests.auth.handshakes import Inner, handshake, serve


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice")


async def test_token__sets_the_user_and_is_removed(alice: User) -> None:
    inner = Inner()
    token = make_token(alice)
    scope = handshake(token) | {"user": AnonymousUser()}
    assert await serve(TokenAuthMiddleware(inner), scope) == [{"type": "websocket.accept"}]
    assert inner.scope
    assert inner.scope["user"] == alice
    assert HELD not in inner.scope
    assert token not in repr(inner.scope)


async def test_token__if_absent_the_session_user_is_kept() -> None:
    inner = Inner()
    user = User(username="bob")
    scope = handshake() | {"user": user}
    await serve(TokenAuthMiddleware(inner), scope)
    assert inner.scope == handshake() | {"user": user}


@pytest.mark.parametrize("query", [b"token=wrong", b"token=", b"token"])
async def test_token__if_malformed_is_refused_before_the_accept(query: bytes) -> None:
    inner = Inner()
    sent = await serve(TokenAuthMiddleware(inner), handshake(query=query))
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "malformed"}]
    assert inner.scope is None


async def test_token__if_expired_is_refused_with_that_reason(alice: User) -> None:
    sent = await serve(TokenAuthMiddleware(Inner()), handshake(make_token(alice, -1)))
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "expired"}]


async def test_token__sends_no_close_if_the_client_has_left() -> None:
    scope = handshake(query=b"token=wrong")
    assert await serve(TokenAuthMiddleware(Inner()), scope, "websocket.disconnect") == []


@pytest.mark.parametrize(
    ("offered", "accept", "selected"),
    [
        (("lifecycle.v1",), {}, "lifecycle.v1"),
        (("lifecycle.v1",), {"subprotocol": None}, "lifecycle.v1"),
        (("chat", "lifecycle.v1"), {"subprotocol": "chat"}, "chat"),
        (("chat",), {}, None),
    ],
)
async def test_subprotocol__one_of_the_offered_is_selected(
    offered: tuple[str, ...], accept: dict[str, Any], selected: str | None
) -> None:
    (message,) = await serve(TokenAuthMiddleware(Inner(**accept)), handshake(subprotocols=offered))
    assert message.get("subprotocol") == selected


async def test_middleware__passes_other_protocols_through() -> None:
    inner = Inner()
    scope = {"type": "http", "query_string": b"token=T"}
    await serve(TokenAuthMiddleware(inner), scope)
    assert inner.scope is scope
