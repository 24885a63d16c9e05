"""Close codes: their names, what they mean, who may send them, and what to check next."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


def gettext_noop(text: str) -> str:
    """Mark a string for translation without importing Django: this module is the standard library's."""
    return text


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


class Meaning(NamedTuple):
    """What an operator wants to know of a close code."""

    name: str
    meaning: str
    next: str


#: Never on the wire: set by an endpoint for its own application (RFC 6455 section 7.4.1).
LOCAL_ONLY = frozenset({CloseCode.NO_STATUS_RECEIVED, CloseCode.ABNORMAL_CLOSURE, CloseCode.TLS_HANDSHAKE})

#: What a peer says when it met a violation of the protocol.
PROTOCOL_FAILURES = frozenset(
    {
        CloseCode.PROTOCOL_ERROR,
        CloseCode.UNSUPPORTED_DATA,
        CloseCode.INVALID_PAYLOAD,
        CloseCode.MESSAGE_TOO_BIG,
        CloseCode.MANDATORY_EXTENSION,
    }
)

MEANINGS: dict[int, Meaning] = {
    1000: Meaning(
        gettext_noop("normal closure"),
        gettext_noop("The purpose of the connection was fulfilled."),
        gettext_noop("Nothing to do."),
    ),
    1001: Meaning(
        gettext_noop("going away"),
        gettext_noop("The tab was closed, the page was left, or the server is going down."),
        gettext_noop("Nothing, unless the count jumps: then look for a page that reloads."),
    ),
    1002: Meaning(
        gettext_noop("protocol error"),
        gettext_noop("One side saw a frame that breaks RFC 6455."),
        gettext_noop("Look for a proxy or a client library that rewrites frames."),
    ),
    1003: Meaning(
        gettext_noop("unsupported data"),
        gettext_noop("A kind of data that the receiver does not take, as binary where text is expected."),
        gettext_noop("Compare what the client sends with what the consumer handles."),
    ),
    1005: Meaning(
        gettext_noop("no status received"),
        gettext_noop("A close frame without a code: the peer closed and gave no reason."),
        gettext_noop("Have the client call close(1000) so that its ends can be told apart."),
    ),
    1006: Meaning(
        gettext_noop("abnormal closure"),
        gettext_noop("The TCP connection ended without a close frame. Never sent, only noticed."),
        gettext_noop("Look at the network, proxies' idle timeouts, and server restarts at that time."),
    ),
    1007: Meaning(
        gettext_noop("invalid payload data"),
        gettext_noop("A text message that is not UTF-8."),
        gettext_noop("Send binary data as binary frames."),
    ),
    1008: Meaning(
        gettext_noop("policy violation"),
        gettext_noop("A message broke a rule of the receiver."),
        gettext_noop("Read the close reason; look into the receiver's log."),
    ),
    1009: Meaning(
        gettext_noop("message too big"),
        gettext_noop("A message larger than the receiver takes."),
        gettext_noop("Split the message, or raise the server's limit on purpose."),
    ),
    1010: Meaning(
        gettext_noop("mandatory extension"),
        gettext_noop("The client needed an extension that the server did not offer."),
        gettext_noop("Compare the extensions of client and server."),
    ),
    1011: Meaning(
        gettext_noop("internal error"),
        gettext_noop("The server failed while it handled the connection."),
        gettext_noop("Read the server's log at that time: an exception left the consumer."),
    ),
    1012: Meaning(
        gettext_noop("service restart"),
        gettext_noop("The server is restarting."),
        gettext_noop("Nothing, if a deploy was under way. Clients should reconnect with a random delay."),
    ),
    1013: Meaning(
        gettext_noop("try again later"),
        gettext_noop("The server is overloaded."),
        gettext_noop("Look at load and limits; clients should back off."),
    ),
    1014: Meaning(
        gettext_noop("bad gateway"),
        gettext_noop("A gateway got an invalid answer from the server behind it."),
        gettext_noop("Look at the proxy's log."),
    ),
    1015: Meaning(
        gettext_noop("TLS handshake"),
        gettext_noop("The TLS handshake failed. Never sent, only noticed."),
        gettext_noop("Check the certificate and the TLS versions."),
    ),
    3000: Meaning(
        gettext_noop("unauthorized"),
        gettext_noop("The endpoint needs credentials that the client did not give."),
        gettext_noop("Check the client's session or token."),
    ),
    3003: Meaning(
        gettext_noop("forbidden"),
        gettext_noop("The client's credentials do not allow this."),
        gettext_noop("Check the user's permissions."),
    ),
    3008: Meaning(
        gettext_noop("timeout"),
        gettext_noop("The endpoint took too long to answer."),
        gettext_noop("Look for what the endpoint waits for."),
    ),
    4400: Meaning(
        gettext_noop("too many bad frames"),
        gettext_noop("The status socket got ten frames that it could not read."),
        gettext_noop("Compare the client with the protocol of the status socket."),
    ),
    4401: Meaning(
        gettext_noop("bad token"),
        gettext_noop("The token is malformed, expired or revoked."),
        gettext_noop("Have the client fetch a new token before it connects."),
    ),
    4403: Meaning(
        gettext_noop("not allowed"),
        gettext_noop("The user may not use this endpoint."),
        gettext_noop("Give the permission, or sign in as another user."),
    ),
}

CHECK_APPLICATION = gettext_noop("Look up the code in the application that sends it.")

#: The ranges of RFC 6455 section 7.4.2, for codes without a name of their own.
RANGES: dict[str, Meaning] = {
    "1000-2999": Meaning(
        gettext_noop("reserved for the WebSocket protocol"),
        gettext_noop("The WebSocket protocol reserves this code and gives it no meaning yet."),
        gettext_noop("Look up the code in the IANA registry of WebSocket close codes."),
    ),
    "3000-3999": Meaning(
        gettext_noop("registered with IANA by a library or framework"),
        gettext_noop("A library or framework has registered this code with IANA."),
        gettext_noop("Look up the code in the library or framework that sends it."),
    ),
    "4000-4999": Meaning(
        gettext_noop("private: the application's own"),
        gettext_noop("The application decides what this code means."),
        CHECK_APPLICATION,
    ),
}


def describe(code: int) -> Meaning:
    """Return name, meaning and next step of any close code; for an unnamed one, those of its range."""
    if code in MEANINGS:
        return MEANINGS[code]
    for limits, meaning in RANGES.items():
        low, high = (int(limit) for limit in limits.split("-"))
        if low <= code <= high:
            return meaning
    return Meaning(gettext_noop("out of range"), gettext_noop("Not a close code."), CHECK_APPLICATION)


def normalised(code: int | None) -> int:
    """Return the code as RFC 6455 section 7.1.5 counts it: a close frame without one is 1005."""
    return CloseCode.NO_STATUS_RECEIVED if code is None else code


def recordable(code: object) -> int | None:
    """Return a code that an application gave, where a database can keep it: a signed integer of 32 bits.

    Servers refuse anything but 1000-4999 (RFC 6455 section 7.4), each in its own way.
    """
    return int(code) if isinstance(code, int) and abs(code) < 2**31 else None


def is_application(code: int) -> bool:
    """Tell whether a code is one that applications choose (3000-4999)."""
    return 3000 <= code <= 4999
