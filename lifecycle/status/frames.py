"""What a client may say on the status socket: its frames, parsed and checked."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

VERSION = 1
MAX_FRAME_BYTES = 4096
MAX_PAGE_CHARS = 512
MAX_REASON_BYTES = 123  # RFC 6455 section 5.5: a control frame carries 125 bytes, two are the code
MAX_NOTE_CHARS = 200
MAX_RTT_MS = 600_000
MAX_OFFLINE_MS = 2**31 - 1  # 24 days, and what an integer column holds
MAX_PING_NUMBER = 2**53 - 1  # the largest integer that JavaScript counts exactly

TAB = re.compile(r"[A-Za-z0-9_-]{1,64}")
STATE = re.compile(r"[a-z0-9_-]{1,32}")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses NUL, UTF-8 refuses lone surrogates


class BadFrame(Exception):
    """A frame that cannot be accepted; `code` and `detail` are what the error frame says."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Previous:
    """How the client saw its last connection end; `code` is None where it saw no end."""

    connection: uuid.UUID
    code: int | None
    reason: str
    clean: bool
    offline_ms: int | None


@dataclass(frozen=True, slots=True)
class Hello:
    """Who is calling: one browser tab, on one page, perhaps after an earlier connection."""

    tab: str
    page: str
    previous: Previous | None


@dataclass(frozen=True, slots=True)
class Ping:
    """A heartbeat, to be answered with the same `n`; `rtt_ms` is the round trip of the one before."""

    n: int
    rtt_ms: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """What the page is going through, such as `hidden` or `offline`."""

    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Echo:
    """Text to send back."""

    text: str


Frame = Hello | Ping | Status | Echo
Fields = dict[str, Any]


def parse_frame(text: str | None, data: bytes | None) -> Frame:
    """Return the frame in one WebSocket message, given as its text or its bytes.

    Raises BadFrame, and nothing else, for whatever the client may have sent. Unknown fields are ignored.
    """
    fields = read_object(text, data)
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise BadFrame("bad_message", 'Every frame needs a "type", a string.')
    parse = PARSERS.get(kind)
    if parse is None:
        raise BadFrame("unknown_type", f"type is none of {', '.join(PARSERS)}.")
    return parse(fields)


def read_object(text: str | None, data: bytes | None) -> Fields:
    """Return the JSON object in a message that is text, small enough and well formed."""
    if text is None or data is not None:
        raise BadFrame("not_text", "Send text frames; binary ones are not read.")
    # A character is at least one byte: this spares encoding what is too large anyway.
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise BadFrame("too_large", f"A frame holds at most {MAX_FRAME_BYTES} bytes of UTF-8; send less.")
    try:
        value = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadFrame("bad_json", "The frame is not JSON, or is nested too deeply.") from error
    if not isinstance(value, dict):
        raise BadFrame("bad_message", "A frame is a JSON object.")
    return value


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity, which Python's parser takes and JSON does not know."""
    raise ValueError(f"{name} is not JSON")


def parse_hello(fields: Fields) -> Hello:
    """Return the Hello in `fields`."""
    if whole(fields, "v", VERSION, VERSION) is None:
        raise BadFrame("bad_field", f"v is missing; send {VERSION}.")
    return Hello(
        tab=token(fields, "tab", TAB, "1 to 64 characters of A-Z a-z 0-9 _ -"),
        page=page_path(fields),
        previous=parse_previous(fields.get("previous")),
    )


def parse_previous(fields: object) -> Previous | None:
    """Return the end of the earlier connection, or None where the client tells of none."""
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise BadFrame("bad_field", "previous must be an object; leave it out where there is none.")
    clean = fields.get("clean")
    if not isinstance(clean, bool):
        raise BadFrame("bad_field", "clean must be true or false, as the close event's wasClean.")
    return Previous(
        connection=connection_id(fields),
        code=whole(fields, "code", 1000, 4999),
        reason=close_reason(fields),
        clean=clean,
        offline_ms=whole(fields, "offline_ms", 0, MAX_OFFLINE_MS),
    )


def parse_ping(fields: Fields) -> Ping:
    """Return the Ping in `fields`."""
    n = whole(fields, "n", 0, MAX_PING_NUMBER)
    if n is None:
        raise BadFrame("bad_field", "n is missing; number the pings from 1.")
    rtt = fields.get("rtt_ms")
    if rtt is not None and not (type(rtt) in (int, float) and 0 <= rtt <= MAX_RTT_MS):
        raise BadFrame("bad_field", f"rtt_ms must be a number of milliseconds from 0 to {MAX_RTT_MS}.")
    return Ping(n=n, rtt_ms=None if rtt is None else float(rtt))


def parse_status(fields: Fields) -> Status:
    """Return the Status in `fields`."""
    state = token(fields, "state", STATE, "1 to 32 characters of a-z 0-9 _ -")
    note = string(fields, "note", default="")
    if len(note) > MAX_NOTE_CHARS:
        raise BadFrame("bad_field", f"note holds at most {MAX_NOTE_CHARS} characters; shorten it.")
    return Status(state=state, note=note)


def parse_echo(fields: Fields) -> Echo:
    """Return the Echo in `fields`."""
    return Echo(text=string(fields, "text"))


PARSERS: dict[str, Callable[[Fields], Frame]] = {
    "hello": parse_hello,
    "ping": parse_ping,
    "status": parse_status,
    "echo": parse_echo,
}


def string(fields: Fields, name: str, default: str | None = None) -> str:
    """Return a string that can be stored and sent on; the default, if any, where it is absent or null."""
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadFrame("bad_field", f"{name} must be a string.")
    if UNSTORABLE.search(value):
        raise BadFrame("bad_field", f"{name} holds a NUL or half a surrogate pair; leave those out.")
    return value


def token(fields: Fields, name: str, pattern: re.Pattern[str], shape: str) -> str:
    """Return a string that matches the pattern from end to end; `shape` says the pattern in words."""
    value = string(fields, name)
    if not pattern.fullmatch(value):
        raise BadFrame("bad_field", f"{name} must be {shape}.")
    return value


def whole(fields: Fields, name: str, low: int, high: int) -> int | None:
    """Return an integer from low to high, or None for an absent or null one; true is no 1 here."""
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is not int or not low <= value <= high:
        allowed = f"{low}" if low == high else f"a whole number from {low} to {high}"
        raise BadFrame("bad_field", f"{name} must be {allowed}.")
    return value


def page_path(fields: Fields) -> str:
    """Return the page's path without query and fragment, where people and programs put secrets."""
    path = re.split(r"[?#]", string(fields, "page"), maxsplit=1)[0]
    if not path.startswith("/") or len(path) > MAX_PAGE_CHARS:
        raise BadFrame("bad_field", f"page must be a path from / on, at most {MAX_PAGE_CHARS} characters.")
    return path


def close_reason(fields: Fields) -> str:
    """Return the reason of the close event, empty where there was none."""
    reason = string(fields, "reason", default="")
    if len(reason.encode()) > MAX_REASON_BYTES:
        raise BadFrame("bad_field", f"reason holds at most {MAX_REASON_BYTES} bytes of UTF-8; shorten it.")
    return reason


def connection_id(fields: Fields) -> uuid.UUID:
    """Return the id that the earlier connection's welcome gave, in its one canonical spelling."""
    text = string(fields, "connection")
    try:
        value = uuid.UUID(text)
    except ValueError as error:
        raise BadFrame("bad_field", "connection must be the UUID from the earlier welcome.") from error
    # UUID() also takes braces, urn: and underscores.
    if str(value) != text.lower():
        raise BadFrame("bad_field", "connection must be a UUID with its four hyphens and nothing else.")
    return value
