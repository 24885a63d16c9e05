"""Reads the facts of a handshake from its ASGI scope; no query string, cookie or token ever leaves the scope."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lifecycle.capture.addresses import client_ip
from lifecycle.text import clean
from lifecycle.verdict.facts import Facts

PATH_LIMIT = 512
USER_AGENT_LIMIT = 256
ORIGIN_LIMIT = 256


def facts_from(scope: dict[str, Any]) -> Facts:
    """Return the facts that a handshake request tells (ASGI "HTTP & WebSocket", Connection Scope)."""
    headers = dict(scope.get("headers", ()))
    user_agent = headers.get(b"user-agent", b"")[:USER_AGENT_LIMIT]
    origin = headers.get(b"origin", b"")[:ORIGIN_LIMIT]
    return Facts(
        path=clean(scope.get("path", ""), PATH_LIMIT),
        client_ip=client_ip(scope),
        user_agent=header_text(user_agent, USER_AGENT_LIMIT),
        origin=header_text(origin.partition(b"?")[0], ORIGIN_LIMIT),
        server_scope=scope,
    )


@lru_cache(maxsize=4096)
def header_text(value: bytes, limit: int) -> str:
    """Return a header as text; most clients send one of a few, which their connections then share."""
    return clean(value.decode("latin-1"), limit)
