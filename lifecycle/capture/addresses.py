"""The client's address: the peer's, or where a trusted proxy stands there, the one that it names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from lifecycle import conf
from lifecycle.setting_rules import UNIX

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MASKED_BITS = {4: 24, 6: 48}
#: Characters that an address with brackets, scope and port may have.
LONGEST = 128


def client_ip(scope: dict[str, Any]) -> str | None:
    """Return the client's address as the privacy setting allows; ``None`` where there is none to tell."""
    policy = conf.get("CLIENT_IP")
    return None if policy == "none" else told(client_address(scope), policy)


def client_address(scope: dict[str, Any]) -> str:
    """Return the peer's address, or the nearest one that no trusted proxy stands behind; empty for none.

    Each proxy adds the address that it saw to the end of its header, so that the list is read from there, and what
    a client wrote into it itself is never reached.
    """
    client = scope.get("client")
    peer = client[0] if client else ""
    trusted = conf.get("TRUSTED_PROXIES")
    if not trusted or not is_trusted(parsed(peer), tuple(trusted)):
        return peer
    for hop in reversed(list(forwarded(scope))):
        peer = hop[:LONGEST]
        address = parsed(peer)
        if address is None or not is_trusted(address, tuple(trusted)):
            break
    return peer


def forwarded(scope: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses of the forwarding header, in its order; only the configured header is read."""
    wanted = conf.get("FORWARDED_HEADER").lower().encode("ascii")
    for name, value in scope.get("headers", ()):
        if name == wanted:
            for element in value.decode("latin-1").split(","):
                yield forwarded_for(element) if wanted == b"forwarded" else element


def forwarded_for(element: str) -> str:
    """Return the ``for`` parameter of one element of a ``Forwarded`` header (RFC 7239 section 4)."""
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return value.strip().strip('"')
    return ""


@lru_cache(maxsize=4096)
def parsed(text: str) -> Address | None:
    """Return an IP address without port, brackets and scope, or ``None`` for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(address: Address | None, proxies: tuple[str, ...]) -> bool:
    """Tell whether an address is that of a trusted proxy; no address is a Unix socket's."""
    if address is None:
        return UNIX in proxies
    return any(address.version == network.version and address in network for network in networks(proxies))


@cache
def networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks of the trusted proxies."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in proxies if one != UNIX)


@lru_cache(maxsize=4096)
def told(text: str, policy: str) -> str | None:
    """Return an address as a privacy setting allows it to be told; ``None`` for what is none."""
    address = parsed(text)
    if address is None:
        return None
    return masked(address) if policy == "masked" else str(address)


def masked(address: Address) -> str:
    """Return an address with the part that tells one visitor from another set to zero."""
    network = ipaddress.ip_network(f"{address}/{MASKED_BITS[address.version]}", strict=False)
    return str(network.network_address)
