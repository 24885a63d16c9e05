"""Tests of the origin check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from channels.security.websocket import OriginValidator
from pytest_django import Settings

from lifecycle.asgi_types import Scope
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


SAME_HOST = {
    "direct": ("monitor:8000", "http://monitor:8000", True),
    "direct, other port": ("monitor:8000", "http://monitor:3000", False),
    "direct, default port": ("monitor:8000", "http://monitor", False),
    "capitals": ("Monitor:8000", "http://MONITOR:8000", True),
    "default port": ("monitor", "http://monitor", True),
    "default port, named": ("monitor:80", "http://monitor", True),
    "proxy that ends TLS": ("monitor", "https://monitor", True),
    "proxy that ends TLS, named port": ("monitor", "https://monitor:443", True),
    "proxy that ends TLS, other port": ("monitor", "https://monitor:8443", False),
    "IPv6": ("[::1]:8000", "http://[::1]:8000", True),
    "IPv6, other port": ("[::1]:8000", "http://[::1]:3000", False),
    "other allowed host": ("api.monitor:8000", "https://monitor", True),
}


async def decided(allowed: list[str], scope: Scope) -> bool:
    """Return whether the check lets a handshake pass."""
    return (await serve(OriginOrTokenValidator(Inner(), allowed), scope))[0]["type"] == "websocket.accept"


def from_page(host: str, *origins: str, headers: Sequence[Any] = (), **scope: str) -> Scope:
    """Return the handshake that a page of some origin sends to a host."""
    sent = [(b"host", host.encode()), *((b"origin", origin.encode()) for origin in origins), *headers]
    return {**handshake(), "headers": sent, **scope}


@pytest.mark.parametrize(("host", "origin", "passes"), SAME_HOST.values(), ids=SAME_HOST)
async def test_origin__on_the_same_host_needs_the_same_port(
    transactional_db: None, host: str, origin: str, passes: bool
) -> None:
    assert await decided(["monitor", "[::1]"], from_page(host, origin)) is passes


@pytest.mark.parametrize(("scheme", "passes"), [("https", True), ("http", False)])
async def test_origin__needs_the_scheme_of_a_server_that_ends_tls(
    transactional_db: None, scheme: str, passes: bool
) -> None:
    assert await decided(["monitor"], from_page("monitor", f"{scheme}://monitor", scheme="wss")) is passes


@pytest.mark.parametrize(("forwarded", "page"), [("https", "https"), ("http", "http")])
async def test_origin__needs_the_scheme_that_the_proxy_forwards(
    transactional_db: None, settings: Settings, forwarded: str, page: str
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    header = [(b"x-forwarded-proto", forwarded.encode())]
    for scheme in ("http", "https"):
        scope = from_page("monitor", f"{scheme}://monitor", headers=header)
        assert await decided(["monitor"], scope) is (scheme == page)


@pytest.mark.parametrize(
    ("entry", "origin", "passes"),
    [
        ("https://app.example", "https://app.example", True),
        ("https://app.example", "http://app.example", False),
        ("https://app.example", "https://app.example:8443", False),
        ("https://app.example:8443", "https://app.example:8443", True),
        ("https://.app.example", "https://a.app.example", True),
        ("app.example", "http://app.example:3000", True),
        (".app.example", "http://a.app.example:3000", True),
        ("app.example:3000", "http://app.example:3000", True),
        ("app.example:3000", "http://app.example:3001", False),
        ("APP.example", "https://app.example", True),
        ("*", "https://evil.example", True),
    ],
)
async def test_origin__on_another_host_is_compared_with_what_the_setting_names(
    transactional_db: None, entry: str, origin: str, passes: bool
) -> None:
    assert await decided([entry], from_page("monitor:8000", origin)) is passes


async def test_origin__setting_may_name_another_port_of_the_same_host(transactional_db: None) -> None:
    allowed = ["monitor", "http://monitor:3000"]
    assert await decided(allowed, from_page("monitor:8000", "http://monitor:3000"))
    assert not await decided(allowed, from_page("monitor:8000", "http://monitor:3001"))


async def test_origin__each_of_several_must_be_allowed(transactional_db: None) -> None:
    scope = from_page("monitor", "https://evil.example", "http://monitor")
    assert not await decided(["monitor"], scope)


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
