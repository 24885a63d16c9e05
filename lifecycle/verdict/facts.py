"""What is known of one connection: a plain object, one per socket, also at ``scope["lifecycle"]``."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifecycle.counts.endpoint_tally import EndpointTally

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

    An id tells connections apart and opens nothing, so that its 74 random bits need no system call.
    """
    milliseconds, bits = time.time_ns() // 1_000_000, random.getrandbits(74)
    text = f"{milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0x2 << 62 | bits & (1 << 62) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(slots=True, eq=False)
class Facts:
    """The life of one connection as it was seen.

    All its times are seconds since the epoch: as the system's clock said at the handshake, and from there on by
    the monotonic clock, so that a change of the system's lengthens no connection.
    """

    id: str = field(default_factory=new_id)
    path: str = ""
    client_ip: str | None = None
    user_agent: str = ""
    origin: str = ""
    opened_at: float = field(default_factory=time.time)
    #: When the monotonic clock began, by the handshake.
    clock_began: float = field(init=False)

    # What routing and authentication found.
    endpoint: str = UNMATCHED
    routing: bool = False
    unroutable: bool = False
    origin_refused: bool = False
    scope: dict[str, Any] | None = None
    user_id: str | None = None

    #: Whether the handshake is in the spool already.
    noted: bool = False

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

    # What the server told.
    received_end: bool = False
    received_code: int | None = None
    received_reason: str | None = None
    server: str = ""
    hint: Hint | None = None
    stopping: bool = False

    # Traffic; bytes are payload bytes.
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    last_received_at: float | None = None
    last_sent_at: float | None = None

    # What the client page said of itself.
    tab_id: str = ""
    previous_id: str | None = None
    rtt_ms: float | None = None

    # The counts of its endpoint, while it is accepted.
    counts: EndpointTally | None = None
    # The server's own scope, while the handshake lasts: a token is taken out of it before the server logs it.
    server_scope: dict[str, Any] | None = None
    ended_at: float | None = None

    def __post_init__(self) -> None:
        """Set the connection's clock by its handshake."""
        self.clock_began = self.opened_at - time.monotonic()

    def now(self) -> float:
        """Return the time by this connection's clock."""
        return self.clock_began + time.monotonic()

    @property
    def accepted(self) -> bool:
        """Tell whether the handshake was completed."""
        return self.accepted_at is not None

    @property
    def ended(self) -> bool:
        """Tell whether the end is recorded; it never is twice."""
        return self.ended_at is not None

    def silence(self) -> float:
        """Return for how many seconds nothing had been received when the connection ended."""
        heard = self.last_received_at or self.accepted_at or self.opened_at
        return (self.ended_at or heard) - heard

    def handshake_seconds(self) -> float:
        """Return the seconds from the handshake to its accept; 0 where there was none."""
        return 0.0 if self.accepted_at is None else self.accepted_at - self.opened_at

    def duration(self) -> float | None:
        """Return the seconds from accept to end; ``None`` where there was no accept or no end."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.accepted_at
