"""The frames that a client may send on the status socket, parsed and validated."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from lifecycle.status.fields import (
    BadFrame,
    Fields,
    close_reason,
    connection_id,
    page_path,
    string,
    token,
    whole,
)

VERSION = 1
SUBPROTOCOL = "lifecycle.v1"
MAX_FRAME_BYTES = 4096
MAX_NOTE_CHARS = 200
MAX_RTT_MS = 600_000
MAX_OFFLINE_MS = 2**31 - 1  # the largest 32-bit integer; about 24 days
MAX_PING_NUMBER = 2**53 - 1  # JavaScript's Number.MAX_SAFE_INTEGER

TAB = re.compile(r"[A-Za-z0-9_-]{1,64}")
STATE = re.compile(r"[a-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Previous:
    """The end of the previous connection as the client saw it; ``code`` is ``None`` if it did not see the end."""

    connection: uuid.UUID
    code: int | None
    reason: str
    clean: bool
    offline_ms: int | None


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame: the browser tab, its page, and its previous connection, if there was one."""

    tab: str
    page: str
    previous: Previous | None


@dataclass(frozen=True, slots=True)
class Ping:
    """A heartbeat; the ``pong`` repeats ``n``. ``rtt_ms`` is the round-trip time of the previous ping."""

    n: int
    rtt_ms: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """The status of the page, such as ``hidden`` or ``offline``."""

    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Echo:
    """Text for the server to send back."""

    text: str


Frame = Hello | Ping | Status | Echo


def parse_frame(text: str | None, data: bytes | None) -> Frame:
    """Return the frame in a WebSocket message; ``data`` is the content of a binary message.

    Raises only ``BadFrame``, for any input. Ignores unknown fields.
    """
    fields = read_object(text, data)
    kind = fields.get("type")
    if not isinstance(kind, str):
        raise BadFrame("bad_message", 'Every frame needs the field "type", a string.')
    parse = PARSERS.get(kind)
    if parse is None:
        raise BadFrame("unknown_type", f"type must be one of {', '.join(PARSERS)}.")
    return parse(fields)


def read_object(text: str | None, data: bytes | None) -> Fields:
    """Return the JSON object in a text message of at most ``MAX_FRAME_BYTES``; raises ``BadFrame``."""
    if text is None or data is not None:
        raise BadFrame("not_text", "Send text frames; binary frames are not accepted.")
    # Each character is at least one byte. The first comparison avoids the encoding of very large texts.
    if len(text) > MAX_FRAME_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise BadFrame("too_large", f"A frame may have at most {MAX_FRAME_BYTES} bytes of UTF-8.")
    try:
        value = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadFrame("bad_json", "The frame is not valid JSON, or is nested too deeply.") from error
    if not isinstance(value, dict):
        raise BadFrame("bad_message", "A frame must be a JSON object.")
    return value


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity, which Python's parser accepts although they are not JSON."""
    raise ValueError(f"{name} is not JSON")


def parse_hello(fields: Fields) -> Hello:
    """Return the ``Hello`` in ``fields``."""
    if whole(fields, "v", VERSION, VERSION) is None:
        raise BadFrame("bad_field", f"v is missing; send {VERSION}.")
    return Hello(
        tab=token(fields, "tab", TAB, "1 to 64 characters of A-Z a-z 0-9 _ -"),
        page=page_path(fields),
        previous=parse_previous(fields.get("previous")),
    )


def parse_previous(fields: object) -> Previous | None:
    """Return the end of the previous connection, or ``None`` if the client does not report one."""
    if fields is None:
        return None
    if not isinstance(fields, dict):
        raise BadFrame("bad_field", "previous must be an object, or be left out.")
    clean = fields.get("clean")
    if not isinstance(clean, bool):
        raise BadFrame("bad_field", "clean must be true or false, like wasClean of the close event.")
    return Previous(
        connection=connection_id(fields),
        code=whole(fields, "code", 1000, 4999),
        reason=close_reason(fields),
        clean=clean,
        offline_ms=whole(fields, "offline_ms", 0, MAX_OFFLINE_MS),
    )


def parse_ping(fields: Fields) -> Ping:
    """Return the ``Ping`` in ``fields``."""
    n = whole(fields, "n", 0, MAX_PING_NUMBER)
    if n is None:
        raise BadFrame("bad_field", "n is missing; number the pings from 1.")
    rtt = fields.get("rtt_ms")
    if rtt is not None and not (type(rtt) in (int, float) and 0 <= rtt <= MAX_RTT_MS):
        raise BadFrame("bad_field", f"rtt_ms must be a number of milliseconds from 0 to {MAX_RTT_MS}.")
    return Ping(n=n, rtt_ms=None if rtt is None else float(rtt))


def parse_status(fields: Fields) -> Status:
    """Return the ``Status`` in ``fields``."""
    state = token(fields, "state", STATE, "1 to 32 characters of a-z 0-9 _ -")
    note = string(fields, "note", default="")
    if len(note) > MAX_NOTE_CHARS:
        raise BadFrame("bad_field", f"note may have at most {MAX_NOTE_CHARS} characters.")
    return Status(state=state, note=note)


def parse_echo(fields: Fields) -> Echo:
    """Return the ``Echo`` in ``fields``."""
    return Echo(text=string(fields, "text"))


PARSERS: dict[str, Callable[[Fields], Frame]] = {
    "hello": parse_hello,
    "ping": parse_ping,
    "status": parse_status,
    "echo": parse_echo,
}
