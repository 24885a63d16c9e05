"""The valid values of each setting of ``LIFECYCLE``."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

#: Upper bound of the lifetime of a token: a day. A stolen token can only be revoked by a new password.
LONGEST_TOKEN_SECONDS = 86_400
#: The entry in ``TRUSTED_PROXIES`` for proxies on a Unix socket, which have no IP address.
UNIX = "unix"


class Rule(NamedTuple):
    """A test for valid values, and a description of the valid values for the system checks."""

    test: Callable[[Any], bool]
    words: str


def is_number(value: object) -> bool:
    """Return whether a value is a number; ``True`` and ``False`` are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_list_of(kind: type, value: object) -> bool:
    """Return whether a value is a list, tuple or set with items of one type; a string is not."""
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, kind) for item in value)


def is_proxy(text: str) -> bool:
    """Return whether a text is an IP address, a network, or ``UNIX``."""
    try:
        return text == UNIX or bool(ip_network(text, strict=False))
    except ValueError:
        return False


PATH = Rule(lambda value: value is None or isinstance(value, str | Path), "a path")
TEXT = Rule(lambda value: isinstance(value, str), "a string")
COUNT = Rule(lambda value: is_number(value) and value > 0 and value % 1 == 0, "a whole number above 0")
SECONDS = Rule(lambda value: is_number(value) and value > 0, "a number of seconds above 0")
TOKEN_LIFETIME = Rule(
    lambda value: is_number(value) and 0 < value <= LONGEST_TOKEN_SECONDS,
    f"a number of seconds above 0 and up to {LONGEST_TOKEN_SECONDS}",
)
SECONDS_OR_NONE = Rule(lambda value: is_number(value) and value >= 0, "a number of seconds, or 0 for never")
CODES = Rule(lambda value: is_list_of(int, value), "a list of close codes")
PRIVACY = Rule(lambda value: value in ("full", "masked", "none"), "'full', 'masked' or 'none'")

HEADER = Rule(
    lambda value: isinstance(value, str) and value.lower() in ("x-forwarded-for", "forwarded"),
    "'X-Forwarded-For' or 'Forwarded'",
)
SCOPE = Rule(lambda value: value in ("process", "host"), "'process' or 'host'")
PROXIES = Rule(
    lambda value: is_list_of(str, value) and all(is_proxy(item) for item in value),
    "a list of IP addresses or networks, or 'unix'",
)

RULES: dict[str, Rule] = {
    "SPOOL_DIR": PATH,
    "SPOOL_MAX_BYTES": COUNT,
    "FLUSH_SECONDS": SECONDS,
    "SYNC_SECONDS": SECONDS_OR_NONE,
    "HEARTBEAT_SECONDS": SECONDS,
    "LEASE_SECONDS": SECONDS,
    "STOP_SECONDS": SECONDS,
    "SILENCE_SECONDS": SECONDS,
    "CLIENT_IP": PRIVACY,
    "TRUSTED_PROXIES": PROXIES,
    "FORWARDED_HEADER": HEADER,
    "DATABASE": TEXT,
    "METRICS_SCOPE": SCOPE,
    "APPLICATION_CODES": CODES,
    "ENDPOINT_LIMIT": COUNT,
    "METRICS_TOKEN": TEXT,
    "RELEASE": TEXT,
    "REPORT_BYTES_PER_SECOND": COUNT,
    "ROWS_DAYS": COUNT,
    "MINUTES_DAYS": COUNT,
    "HOURS_DAYS": COUNT,
    "REPORTS_DAYS": COUNT,
    "REFUSAL_ROWS_PER_SECOND": COUNT,
    "TOKEN_SECONDS": TOKEN_LIFETIME,
    "STATUS_HEARTBEAT_SECONDS": SECONDS,
}
