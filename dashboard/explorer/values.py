"""Parsers of single values of filters. Each raises ``BadValue`` with what it accepts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from lifecycle.search import addresses

UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d|w)")
EPOCH = re.compile(r"\d{9,11}(?:\.\d+)?")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
HIGHEST_CODE = 65_535


class BadValue(ValueError):
    """A value is not accepted; the text says what is."""


def moment(text: str, now: datetime) -> datetime:
    """Return the time that a text names: ISO 8601, epoch seconds, or a span before now. No offset means UTC."""
    try:
        if span := SPAN.fullmatch(text):
            return now - timedelta(seconds=float(span[1]) * UNIT_SECONDS[span[2]])
        if EPOCH.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        if day := parse_date(text):
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        # In an address, a plus sign stands for a space.
        found = parse_datetime(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        if found:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadValue(
        _("a time in ISO 8601, such as 2026-01-31T14:00Z, epoch seconds, or a span before now: 15m, 6h, 7d")
    )


def seconds(text: str) -> float:
    """Return a duration in seconds: ``90``, ``1.5s``, ``250ms``, ``15m``, ``2h`` or ``7d``."""
    if NUMBER.fullmatch(text):
        return float(text)
    if span := SPAN.fullmatch(text):
        return float(span[1]) * UNIT_SECONDS[span[2]]
    raise BadValue(_("a duration in seconds, or with a unit: 250ms, 1.5s, 15m, 2h, 7d"))


def flag(text: str) -> bool:
    """Return whether a text says yes."""
    if text.lower() not in FLAGS:
        raise BadValue(_("yes or no"))
    return FLAGS[text.lower()]


def code(text: str) -> str:
    """Return a close code as a text, or ``none``."""
    if text.lower() == "none" or (text.isascii() and text.isdecimal() and int(text) <= HIGHEST_CODE):
        return text.lower().lstrip("0") or "0"
    raise BadValue(_("a close code, such as 1006, or none"))


def process(text: str) -> str:
    """Return the UUID of a process, or its host and process ID."""
    host, _colon, pid = text.rpartition(":")
    if host and pid.isascii() and pid.isdecimal() and len(pid) < 10:
        return text
    try:
        return str(UUID(text))
    except ValueError as error:
        raise BadValue(_("the ID of a process, or its host and process ID, such as web-1:4242")) from error


def place(text: str) -> str:
    """Return an address or a network in its usual form."""
    found = addresses.parse(text)
    if found is None:
        raise BadValue(_("an address, such as 203.0.113.7, or a network, such as 203.0.113.0/24 or 2001:db8::/32"))
    return str(found)


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    """Return a parser that accepts only these texts, in upper or lower case."""
    known = tuple(choices)

    def parse(text: str) -> str:
        if text.lower() not in known:
            raise BadValue(_("one of: %(choices)s") % {"choices": ", ".join(known)})
        return text.lower()

    return parse


def short(limit: int) -> Callable[[str], str]:
    """Return a parser that accepts texts of limited length, without characters that databases refuse."""

    def parse(text: str) -> str:
        if len(text) > limit or "\x00" in text or not text.isprintable():
            raise BadValue(_("a text of at most %(limit)s printable characters") % {"limit": limit})
        return text

    return parse
