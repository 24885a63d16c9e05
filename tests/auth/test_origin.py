"""Tests of the origin check."""

from __future__ import annotations

from typing import Any

import pytest
from channels.security.websocket import OriginValidator

from lifecycle.auth import OriginOrTokenValidator, TokenAuthMiddleware
from lifecycle.auth.token_scope import HELD, HeldToken
from tests.auth.handshakes import Inner, handshake, serve

ORIGIN = (b"origin", b"https://good.example")
COOKIE = (b"cookie", b"sessionid=secret")


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


async def test_origin__request_with_a_token_passes_without_cookies() -> None:
    inner = Inner()
    scope = handshake("T", headers=((b"origin", b"https://evil.example"), COOKIE))
    await serve(OriginOrTokenValidator(inner, ["good.example"]), scope)
    assert inner.scope
    assert inner.scope[HELD] == HeldToken("T")
    assert COOKIE not in inner.scope["headers"]


async def test_origin__bad_token_is_refused_from_any_origin() -> None:
    scope = handshake("T", headers=((b"origin", b"https://evil.example"),))
    sent = await serve(OriginOrTokenValidator(TokenAuthMiddleware(Inner()), []), scope)
    assert sent == [{"type": "websocket.close", "code": 4401, "reason": "malformed"}]


async def test_origin__other_protocols_raise_the_error_of_channels() -> None:
    assert issubclass(OriginOrTokenValidator, OriginValidator)
    with pytest.raises(ValueError, match="non-WebSocket"):
        await serve(OriginOrTokenValidator(Inner(), []), {"type": "http"})
