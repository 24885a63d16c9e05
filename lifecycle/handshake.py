"""Reads the facts of a handshake from its ASGI scope; no query string, cookie or token ever leaves the scope."""

from __future__ import annotations

import ipaddress
from typing import Any

from lifecycle import conf
from lifecycle.facts import Facts

PATH_LIMIT = 512
USER_AGENT_LIMIT = 256
ORIGIN_LIMIT = 256
MASKED_BITS = {4: 24, 6: 48}


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


def client_ip(scope: dict[str, Any]) -> str | None:
    """Return the peer's address as the privacy setting allows; ``None`` where there is none to tell."""
    policy = conf.get("CLIENT_IP")
    client = scope.get("client")
    if not client or policy == "none":
        return None
    return masked(client[0]) if policy == "masked" else valid_address(client[0])


def valid_address(text: str) -> str | None:
    """Return an IP address without its scope, or ``None`` for what is none, as a Unix socket's path."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def masked(text: str) -> str | None:
    """Return an address with the part that tells one visitor from another set to zero."""
    address = valid_address(text)
    if address is None:
        return None
    bits = MASKED_BITS[ipaddress.ip_address(address).version]
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)
