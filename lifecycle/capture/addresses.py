"""Finds the client's address: the peer's address, or the forwarded address if the peer is a trusted proxy."""

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
#: Characters; more than any address with brackets, scope and port has.
LONGEST = 128


def client_ip(scope: dict[str, Any]) -> str | None:
    """Return the client's address in the form that ``CLIENT_IP`` sets; ``None`` if unknown or not to be stored."""
    policy = conf.get("CLIENT_IP")
    return None if policy == "none" else address_text(client_address(scope), policy)


def client_address(scope: dict[str, Any]) -> str:
    """Return the address of the client, even if it is behind trusted proxies; empty if unknown.

    Each proxy appends the address of its peer to the forwarding header. So the list is read from its end, up to
    the first address that is not a trusted proxy. The client may have forged all addresses before that.
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
    """Yield the addresses in the header that ``FORWARDED_HEADER`` names, in the order of the header."""
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
    """Return the IP address in a text, without port, brackets and scope; ``None`` if there is no valid address."""
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
    """Return whether an address belongs to a trusted proxy; ``None`` stands for a peer on a Unix socket."""
    if address is None:
        return UNIX in proxies
    return any(address.version == network.version and address in network for network in networks(proxies))


@cache
def networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the entries of ``TRUSTED_PROXIES`` as networks; the entry ``UNIX`` is left out."""
    return tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies if proxy != UNIX)


@lru_cache(maxsize=4096)
def address_text(text: str, policy: str) -> str | None:
    """Return an address, masked if ``policy`` is "masked"; ``None`` if the text is not an address."""
    address = parsed(text)
    if address is None:
        return None
    return masked(address) if policy == "masked" else str(address)


def masked(address: Address) -> str:
    """Return the address of the /24 network (IPv4) or the /48 network (IPv6) that an address belongs to."""
    network = ipaddress.ip_network(f"{address}/{MASKED_BITS[address.version]}", strict=False)
    return str(network.network_address)
