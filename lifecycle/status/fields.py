"""Reads and validates the fields of the frames that clients send on the status socket."""

from __future__ import annotations

import re
import uuid
from typing import Any

MAX_PAGE_CHARS = 512
MAX_REASON_BYTES = 123  # RFC 6455 section 5.5: 125 bytes in a control frame, less 2 for the code
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL rejects NUL; UTF-8 cannot encode lone surrogates

Fields = dict[str, Any]


class BadFrame(Exception):
    """The client sent an invalid frame; ``code`` and ``detail`` are the content of the ``error`` frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def string(fields: Fields, name: str, default: str | None = None) -> str:
    """Return a string field, or ``default`` if the field is absent or null.

    Raises ``BadFrame`` if there is neither a value nor a default, or if a database could not store the string.
    """
    value = fields.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadFrame("bad_field", f"{name} must be a string.")
    if UNSTORABLE.search(value):
        raise BadFrame("bad_field", f"{name} must not contain NUL or lone surrogates.")
    return value


def token(fields: Fields, name: str, pattern: re.Pattern[str], shape: str) -> str:
    """Return a string field; ``pattern`` must match all of it. ``shape`` describes the pattern in the error."""
    value = string(fields, name)
    if not pattern.fullmatch(value):
        raise BadFrame("bad_field", f"{name} must be {shape}.")
    return value


def whole(fields: Fields, name: str, low: int, high: int) -> int | None:
    """Return an integer field, or ``None`` if it is absent or null. The integer must be from ``low`` to ``high``.

    Refuses ``true`` and ``false``, which are integers in Python.
    """
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is not int or not low <= value <= high:
        allowed = f"{low}" if low == high else f"a whole number from {low} to {high}"
        raise BadFrame("bad_field", f"{name} must be {allowed}.")
    return value


def page_path(fields: Fields) -> str:
    """Return the path of the page without its query and fragment, which may contain secrets."""
    path = re.split(r"[?#]", string(fields, "page"), maxsplit=1)[0]
    if not path.startswith("/") or len(path) > MAX_PAGE_CHARS:
        raise BadFrame("bad_field", f"page must start with / and have at most {MAX_PAGE_CHARS} characters.")
    return path


def close_reason(fields: Fields) -> str:
    """Return the close reason, or an empty string if there is none."""
    reason = string(fields, "reason", default="")
    if len(reason.encode()) > MAX_REASON_BYTES:
        raise BadFrame("bad_field", f"reason may have at most {MAX_REASON_BYTES} bytes of UTF-8.")
    return reason


def connection_id(fields: Fields) -> uuid.UUID:
    """Return the ID of the previous connection, which the client received in a ``welcome`` frame.

    Only the canonical form of a UUID, with four hyphens, is accepted.
    """
    text = string(fields, "connection")
    try:
        value = uuid.UUID(text)
    except ValueError as error:
        raise BadFrame("bad_field", "connection must be the UUID from the previous welcome frame.") from error
    # UUID() also accepts braces, "urn:", underscores, and hyphens in any place or none at all.
    if str(value) != text.lower():
        raise BadFrame("bad_field", "connection must be a UUID in the form with four hyphens.")
    return value
