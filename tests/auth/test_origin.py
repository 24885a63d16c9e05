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
    "other scheme": ("monitor:8000", "ftp://monitor:8000", False),
    "other scheme, default port": ("monitor", "ftp://monitor", False),
    "port zero": ("monitor", "http://monitor:0", False),
    "other allowed host behind a proxy": ("api.monitor:8000", "https://monitor", True),
    "other allowed host, same port": ("[::1]:8000", "http://monitor:8000", True),
    "other allowed host, other port": ("[::1]:8000", "http://monitor:3000", False),
    "other allowed host, other port with TLS": ("[::1]:8000", "https://monitor:9", False),
    "other allowed host, other scheme": ("[::1]:8000", "ftp://monitor:8000", False),
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


@pytest.mark.parametrize("entry", ["monitor:8000", "monitor"])
async def test_origin__needs_a_scheme_of_pages(transactional_db: None, entry: str) -> None:
    for scheme, passes in {"http": True, "https": True, "ftp": False, "ws": False, "x": False}.items():
        assert await decided([entry], from_page("monitor:8000", f"{scheme}://monitor:8000")) is passes


OWN_PORT = {
    "direct": (8000, [], "http://monitor:8000", True),
    "direct, TLS on the same port": (8000, [], "https://monitor:8000", False),
    "proxy on the same port": (8000, [(b"x-forwarded-proto", b"https")], "https://monitor:8000", True),
    "proxy on another port": (9000, [], "https://monitor:8000", True),
    "proxy that replaces the host": (8000, [], "https://app.monitor", True),
    "Unix socket": (None, [], "https://monitor:8000", True),
}


@pytest.mark.parametrize(("port", "headers", "origin", "passes"), OWN_PORT.values(), ids=OWN_PORT)
async def test_origin__on_the_own_port_of_a_server_without_tls_needs_http(
    transactional_db: None, port: int | None, headers: list[Any], origin: str, passes: bool
) -> None:
    handshake = {**from_page("monitor:8000", origin, headers=headers), "server": ["192.0.2.1", port]}
    assert await decided(["monitor", "app.monitor"], handshake) is passes


@pytest.mark.parametrize(("scheme", "passes"), [("https", True), ("http", False)])
async def test_origin__on_another_host_needs_the_scheme_of_a_server_that_ends_tls(
    transactional_db: None, scheme: str, passes: bool
) -> None:
    assert await decided(["monitor"], from_page("api.monitor", f"{scheme}://monitor", scheme="wss")) is passes


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
        ("app.example", "http://app.example", True),
        ("app.example", "http://app.example:8000", True),
        ("app.example", "http://app.example:3000", False),
        (".app.example", "https://a.app.example", True),
        (".app.example", "http://a.app.example:3000", False),
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
