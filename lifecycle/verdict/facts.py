"""What is known of one connection: a plain object per socket, also at ``scope["lifecycle"]``.

``Facts`` itself holds what the socket saw. Each other module that learns something has a group of its own, and
writes nowhere else.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

UNMATCHED = "unmatched"


class Hint(StrEnum):
    """What the server's own protocol object knows of an end, beyond its ASGI message."""

    PING_TIMEOUT = "ping_timeout"
    PROTOCOL_FAILURE = "protocol_failure"
    CONNECTION_LIMIT = "connection_limit"
    HANDSHAKE_LIMIT = "handshake_limit"
    PEER_DROPPED = "peer_dropped"
    SERVER_STOPPED = "server_stopped"


def new_id() -> str:
    """Return a time-ordered UUID (RFC 9562 section 5.7, version 7) as text.

    An id identifies a connection and grants no access, so its 74 random bits need no system call.
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
    #: The server's own scope, until the handshake is answered. Tokens are removed from it before it is logged.
    server_scope: dict[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Route:
    """What routing and authentication found; written by ``capture.channels_hooks``."""

    endpoint: str = UNMATCHED
    #: Whether a router is looking for a route right now.
    searching: bool = False
    #: Whether no route matched.
    unmatched: bool = False
    origin_refused: bool = False
    #: The innermost scope, which holds the user; ``None`` after the end.
    scope: dict[str, Any] | None = None
    user_id: str | None = None


class Evidence(NamedTuple):
    """What the server's own protocol object says; made by ``capture.witnesses``."""

    server: str = ""
    hint: Hint | None = None
    #: The reason of the peer's close frame, if the server keeps it to itself.
    close_reason: str | None = None


@dataclass(slots=True, eq=False)
class Traffic:
    """Messages in both directions, written by ``capture.socket``; bytes are payload bytes."""

    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    last_received_at: float | None = None
    last_sent_at: float | None = None


class Page(NamedTuple):
    """What the client page said about itself; replaced by ``status.consumer``."""

    tab_id: str = ""
    previous_id: str | None = None
    rtt_ms: float | None = None


NO_EVIDENCE, NO_PAGE = Evidence(), Page()


@dataclass(slots=True, eq=False)
class Facts:
    """The life of one connection as its socket saw it; written by ``capture.socket``.

    All times are seconds since the epoch: the system's clock is read once, at the handshake, and the monotonic
    clock from then on. So a change of the system's clock changes no duration.
    """

    id: str = field(default_factory=new_id)
    opened_at: float = field(default_factory=time.time)
    #: What to add to the monotonic clock to get seconds since the epoch.
    clock_offset: float = field(init=False)
    handshake: Handshake = field(default_factory=Handshake)
    route: Route = field(default_factory=Route)
    evidence: Evidence = NO_EVIDENCE
    traffic: Traffic = field(default_factory=Traffic)
    page: Page = NO_PAGE

    # What the application did.
    accepted_at: float | None = None
    accept_failed: bool = False
    subprotocol: str = ""
    refused: bool = False
    close_sent: bool = False
    sent_code: int | None = None
    sent_reason: str | None = None
    raised: bool = False
    returned: bool = False
    cancelled: bool = False

    # What the server said.
    received_end: bool = False
    received_code: int | None = None
    received_reason: str | None = None

    #: Whether this process was stopping when the connection ended.
    stopping: bool = False
    ended_at: float | None = None

    def __post_init__(self) -> None:
        self.clock_offset = self.opened_at - time.monotonic()

    def now(self) -> float:
        """Return the time by this connection's clock."""
        return self.clock_offset + time.monotonic()

    @property
    def accepted(self) -> bool:
        """Return whether the handshake was completed."""
        return self.accepted_at is not None

    @property
    def ended(self) -> bool:
        """Return whether the end is recorded."""
        return self.ended_at is not None

    def silence(self) -> float:
        """Return the seconds between the last message received and the end."""
        heard = self.traffic.last_received_at or self.accepted_at or self.opened_at
        return (self.ended_at or heard) - heard

    def handshake_seconds(self) -> float:
        """Return the seconds from the handshake to its accept; 0 if it was not accepted."""
        return 0.0 if self.accepted_at is None else self.accepted_at - self.opened_at

    def duration(self) -> float | None:
        """Return the seconds from accept to end; ``None`` if the connection was not accepted or has not ended."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.accepted_at
