"""Reads the facts of a handshake from its ASGI scope; query strings, cookies and tokens are not recorded."""

from __future__ import annotations

from functools import lru_cache

from lifecycle.asgi_types import Scope
from lifecycle.capture.addresses import client_ip
from lifecycle.text import clean
from lifecycle.verdict.facts import Facts, Handshake

PATH_LIMIT = 512
USER_AGENT_LIMIT = 256
ORIGIN_LIMIT = 256


def facts_from(scope: Scope) -> Facts:
    """Return the facts of a handshake request (ASGI "HTTP & WebSocket", Connection Scope)."""
    headers = dict(scope.get("headers", ()))
    user_agent = headers.get(b"user-agent", b"")[:USER_AGENT_LIMIT]
    origin = headers.get(b"origin", b"")[:ORIGIN_LIMIT]
    return Facts(
        handshake=Handshake(
            clean(scope.get("path", ""), PATH_LIMIT),
            client_ip(scope),
            header_text(user_agent, USER_AGENT_LIMIT),
            header_text(origin.partition(b"?")[0], ORIGIN_LIMIT),
            scope,
        )
    )


@lru_cache(maxsize=4096)
def header_text(value: bytes, limit: int) -> str:
    """Return a header as text, at most ``limit`` characters.

    The cache saves memory: most clients send one of a few values, so their connections share one string.
    """
    return clean(value.decode("latin-1"), limit)
