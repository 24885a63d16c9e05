"""Reads the facts of a handshake from its ASGI scope; no query string, cookie or token ever leaves the scope."""

from __future__ import annotations

from typing import Any

from lifecycle.addresses import client_ip
from lifecycle.facts import Facts

PATH_LIMIT = 512
USER_AGENT_LIMIT = 256
ORIGIN_LIMIT = 256


def facts_from(scope: dict[str, Any]) -> Facts:
    """Return the facts that a handshake request tells (ASGI "HTTP & WebSocket", Connection Scope)."""
    headers = wanted_headers(scope)
    return Facts(
        path=clean(scope.get("path", ""), PATH_LIMIT),
        client_ip=client_ip(scope),
        user_agent=clean(headers.get(b"user-agent", ""), USER_AGENT_LIMIT),
        origin=clean(headers.get(b"origin", "").partition("?")[0], ORIGIN_LIMIT),
        server_scope=scope,
    )


def wanted_headers(scope: dict[str, Any]) -> dict[bytes, str]:
    """Return the two headers that are recorded, by lower-case name."""
    return {
        name: value.decode("latin-1")
        for name, value in scope.get("headers", ())
        if name in {b"user-agent", b"origin"}
    }


def clean(text: object, limit: int) -> str:
    """Return text that every database can keep: no NUL, no lone surrogate, at most ``limit`` characters."""
    kept = str(text or "")[:limit]
    if kept.isascii() and "\x00" not in kept:
        return kept
    return kept.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
