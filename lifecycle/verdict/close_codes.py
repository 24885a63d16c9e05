"""Close codes, and the rules of RFC 6455 for them."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """The status codes of RFC 6455 section 7.4.1 and the IANA WebSocket Close Code Number Registry."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS_RECEIVED = 1005
    ABNORMAL_CLOSURE = 1006
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015
    UNAUTHORIZED = 3000
    FORBIDDEN = 3003
    TIMEOUT = 3008
    TOO_MANY_BAD_FRAMES = 4400
    BAD_TOKEN = 4401
    NOT_ALLOWED = 4403
    NOT_READING = 4408


#: Never sent in a close frame; an endpoint reports them only to its own application (RFC 6455 section 7.4.1).
LOCAL_ONLY = frozenset({CloseCode.NO_STATUS_RECEIVED, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE})

#: Codes that an endpoint sends after the other endpoint violated the protocol.
PROTOCOL_FAILURES = frozenset(
    {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.INVALID_PAYLOAD,
        CloseCode.MESSAGE_TOO_BIG,
        CloseCode.MANDATORY_EXTENSION,
    }
)


#: The highest code that fits into the column of the close codes, a signed 16-bit integer.
HIGHEST = 2**15 - 1


def normalised(code: object) -> int:
    """Return the close code; a close frame without a code counts as 1005 (RFC 6455 section 7.1.5).

    A server can report any value that an application has passed to it. A value that is not a code counts as 1006.
    """
    if code is None:
        return CloseCode.NO_STATUS_RECEIVED
    return int(code) if isinstance(code, int) and 0 <= code <= HIGHEST else CloseCode.ABNORMAL_CLOSURE


def recordable(code: object) -> int | None:
    """Return an application's close code as an integer; ``None`` if it does not fit into the database column.

    The column is a signed 32-bit integer. Applications can pass any value; each server has its own way of refusing
    values outside 1000-4999 (RFC 6455 section 7.4).
    """
    return int(code) if isinstance(code, int) and abs(code) < 2**31 else None


def is_application(code: int) -> bool:
    """Return whether a code is in the range for applications (3000-4999)."""
    return 3000 <= code <= 4999
