"""Conditions on client addresses: one address, or all addresses of a network."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import reduce
from operator import or_

from django.db import connections, router
from django.db.models import Q

from lifecycle.models import Connection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PART_OF_IPV4 = re.compile(r"(?:\d{1,3}\.){1,3}(?:\d{1,3})?")
PART_OF_IPV6 = re.compile(r"(?:[0-9a-f]{1,4}:){1,7}", re.IGNORECASE)
#: How many addresses of an IPv6 network are looked up. SQLite 3.31 accepts 999 values in a statement.
ADDRESSES = 900


class TooManyAddresses(ValueError):
    """The network has more recorded addresses than one query can name."""


def parse(text: str) -> Address | Network | None:
    """Return the address or network that a text names, or ``None``.

    The beginning of an address, such as ``203.0.`` or ``2001:db8:``, is the network of all such addresses.
    """
    for form in (ipaddress.ip_address, lambda value: ipaddress.ip_network(value, strict=False), beginning):
        try:
            return form(text)
        except ValueError:
            continue
    return None


def beginning(text: str) -> Network:
    """Return the network of the addresses that begin with a text; raises ``ValueError`` if there are none."""
    if PART_OF_IPV4.fullmatch(text):
        octets = [octet for octet in text.split(".") if octet]
        if len(octets) < 4:
            return ipaddress.IPv4Network(f"{'.'.join([*octets, *'000'][:4])}/{8 * len(octets)}")
    if PART_OF_IPV6.fullmatch(text):
        return ipaddress.IPv6Network(f"{text}:/{16 * text.count(':')}")
    raise ValueError(text)


def is_in(place: Address | Network, column: str = "client_ip") -> Q:
    """Return the condition for an address, or for the addresses of a network."""
    if isinstance(place, Address):
        return Q(**{column: str(place)})
    if connections[router.db_for_read(Connection)].vendor == "postgresql":
        return Q(**{f"{column}__gte": str(place[0]), f"{column}__lte": str(place[-1])})
    if isinstance(place, ipaddress.IPv4Network):
        return reduce(or_, (as_text(text, column) for text in ipv4_texts(place)))
    return in_ipv6(place, column)


def as_text(text: str, column: str) -> Q:
    """Return the condition for an address that is stored as text; a text with a separator at its end is a prefix.

    An empty text stands for all IPv4 addresses.
    """
    if not text:
        return Q(**{f"{column}__contains": "."})
    if text[-1] not in ".:":
        return Q(**{column: text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text[:-1] + chr(ord(text[-1]) + 1)})


def ipv4_texts(network: ipaddress.IPv4Network) -> Iterator[str]:
    """Yield the addresses of a network, or the texts with which they begin; at most 128."""
    whole, bits = divmod(network.prefixlen, 8)
    known = str(network.network_address).split(".")
    first = int(known[whole]) if bits else 0
    for octet in [str(first + n) for n in range(1 << (8 - bits))] if bits else [None]:
        parts = known[:whole] + ([octet] if octet else [])
        yield ".".join(parts) + ("." if 0 < len(parts) < 4 else "")


def in_ipv6(network: ipaddress.IPv6Network, column: str) -> Q:
    """Return the condition for the addresses of an IPv6 network, stored as text in their short form.

    The text tells the network only if no group of zeros is left out. Otherwise, the addresses are looked up in an
    index. Raises ``TooManyAddresses``.
    """
    whole, bits = divmod(network.prefixlen, 16)
    groups = [group.lstrip("0") for group in network.network_address.exploded.split(":")[:whole]]
    sure = groups[: groups.index("")] if "" in groups else groups
    if sure == groups and groups and not bits:
        return as_text(":".join(groups) + (":" if whole < 8 else ""), column)
    near = as_text(":".join(sure) + ":", "client_ip") if sure else Q(client_ip__gte="0")
    listed = Connection.objects.filter(near).order_by("client_ip").values_list("client_ip", flat=True).distinct()
    found = [text for text in listed[: ADDRESSES + 1] if text and ipaddress.ip_address(text) in network]
    if len(found) > ADDRESSES:
        raise TooManyAddresses(str(network))
    return Q(**{f"{column}__in": found})
