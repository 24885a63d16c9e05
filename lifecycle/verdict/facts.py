"""The facts about one connection: a plain object per socket, also available as ``scope["lifecycle"]``.

The modules ``capture.socket`` and ``capture.recorded_socket`` write the attributes of ``Facts`` itself. Every
other module that contributes facts writes only to its own group, such as ``Handshake`` or ``Route``. Two
references to scopes are the exception: ``capture.recorded_socket`` clears them to free their memory.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from lifecycle.verdict.implementations import UNKNOWN, Implementation

#: The endpoint of a handshake without a route, and of an accepted connection without one.
UNMATCHED, UNROUTED = "unmatched", "unrouted"


class Hint(StrEnum):
    """Details of an end that are in the server's protocol object, but not in its ASGI message."""

    #: The client sent the first close frame.
    CLIENT_CLOSED = "client_closed"
    #: The application's close frame was the first.
    APPLICATION_CLOSED = "application_closed"
    #: The first close frame came from the server, but not from the application: an application outside the
    #: middleware closed, for example. Before the accept: such an application refused the handshake.
    SERVER_CLOSED = "server_closed"
    PING_TIMEOUT = "ping_timeout"
    PROTOCOL_FAILURE = "protocol_failure"
    CONNECTION_LIMIT = "connection_limit"
    HANDSHAKE_LIMIT = "handshake_limit"
    PEER_DROPPED = "peer_dropped"
    SERVER_STOPPED = "server_stopped"


def new_id() -> str:
    """Return a time-ordered UUID (RFC 9562 section 5.7, version 7) as text.

    An ID grants no access, so its 74 random bits come from a fast generator that is not cryptographically secure.
    """
    milliseconds, bits = time.time_ns() // 1_000_000, random.getrandbits(74)
    text = f"{milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0x2 << 62 | bits & (1 << 62) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(slots=True, eq=False)
class Handshake:
    """The handshake request; written by ``capture.handshake``."""

    path: str = ""
    client_ip: str | None = None
    user_agent: str = ""
    origin: str = ""
    #: The server's own scope, to remove tokens from it before the server logs it; ``None`` after the handshake.
    server_scope: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Route:
    """The results of routing and authentication; written by ``capture.channels_hooks`` and
    ``capture.endpoints``."""

    endpoint: str = UNMATCHED
    #: Whether a router is currently looking for a matching route.
    searching: bool = False
    #: Whether no route matched.
    unmatched: bool = False
    origin_refused: bool = False
    #: The innermost scope that is known, which may contain the user and a route; ``None`` after the end.
    scope: dict[str, Any] | None = None
    user_id: str | None = None


class Evidence(NamedTuple):
    """Details read from the server's protocol object; created by the witnesses in ``capture``."""

    implementation: Implementation = UNKNOWN
    hint: Hint | None = None
    #: The close code on the wire, if it is not the code in the ASGI message.
    close_code: int | None = None
    #: The reason in the peer's close frame, if the server does not pass it to the application.
    close_reason: str | None = None


@dataclass(slots=True, eq=False)
class Traffic:
    """The messages in both directions; written by ``capture.recorded_socket``. Bytes are payload bytes."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    last_received_at: float | None = None
    last_sent_at: float | None = None


class Page(NamedTuple):
    """The client page's latest data about itself; ``status.consumer`` replaces it as a whole."""

    tab_id: str = ""
    previous_id: str | None = None
    rtt_ms: float | None = None


NO_EVIDENCE, NO_PAGE = Evidence(), Page()


@dataclass(slots=True, eq=False)
class Facts:
    """The facts about one connection.

    All times are in seconds since the epoch. The system clock is read once, at the handshake; all later times are
    measured with the monotonic clock. So setting the system clock does not change any duration.
    """

    id: str = field(default_factory=new_id)
    opened_at: float = field(default_factory=time.time)
    #: Added to the monotonic clock, this gives the time in seconds since the epoch.
    clock_offset: float = field(init=False)
    handshake: Handshake = field(default_factory=Handshake)
    route: Route = field(default_factory=Route)
    evidence: Evidence = NO_EVIDENCE
    traffic: Traffic = field(default_factory=Traffic)
    page: Page = NO_PAGE

    #: Whether the unanswered handshake is on record.
    handshake_recorded: bool = False

    # The application's actions.
    accepted_at: float | None = None
    #: Whether the application accepted, but the connection was not opened.
    accept_failed: bool = False
    #: Whether that is the server's doing: it raised an exception, or answered the handshake with an error.
    accept_refused: bool = False
    subprotocol: str = ""
    refused: bool = False
    close_sent: bool = False
    #: Whether the server refused the application's close, because its code or its reason is not valid.
    close_refused: bool = False
    sent_code: int | None = None
    sent_reason: str | None = None
    raised: bool = False
    returned: bool = False
    cancelled: bool = False
    #: When the application returned without closing the connection, if the server then kept it open.
    application_ended_at: float | None = None

    # The server's ``websocket.disconnect`` message.
    received_end: bool = False
    received_code: int | None = None
    received_reason: str | None = None

    #: Whether this process was stopping when the connection ended.
    stopping: bool = False
    ended_at: float | None = None

    def __post_init__(self) -> None:
        self.clock_offset = self.opened_at - time.monotonic()

    def now(self) -> float:
        """Return the current time in seconds since the epoch, by this connection's clock."""
        return self.clock_offset + time.monotonic()

    @property
    def accepted(self) -> bool:
        """Return whether the handshake was completed."""
        return self.accepted_at is not None

    @property
    def ended(self) -> bool:
        """Return whether the connection has ended."""
        return self.ended_at is not None

    def silence(self) -> float:
        """Return the seconds from the last received message to the end; 0 if the connection has not ended.

        If no message was received, the silence starts at the accept, or at the handshake if there was no accept.
        """
        last_heard = self.traffic.last_received_at or self.accepted_at or self.opened_at
        return (self.ended_at or last_heard) - last_heard

    def handshake_seconds(self) -> float:
        """Return the seconds from the handshake request to the accept; 0 if the connection was not accepted."""
        return 0.0 if self.accepted_at is None else self.accepted_at - self.opened_at

    def duration(self) -> float | None:
        """Return the seconds from the accept to the end; ``None`` if there was no accept or no end yet."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.accepted_at
