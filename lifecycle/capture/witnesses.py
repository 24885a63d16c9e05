"""Witnesses: what a server's own protocol object knows of an end, beyond what ASGI tells.

Daphne and Uvicorn keep the object private, so each look at it is guarded: without it the verdict rests on the
ASGI messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle.verdict.facts import Facts, Hint

#: autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED
AUTOBAHN_CLOSED = 0


class Witness:
    """The witness for a server that is not known here: knows nothing, and says so."""

    __slots__ = ()
    server = ""
    #: Whether the server keeps a socket open whose application returned without closing it.
    keeps_zombies = False

    def gone(self) -> bool:
        """Tell whether the transport is known to be closed."""
        return False

    def testify(self, facts: Facts) -> None:
        """Add what the server knows of the end to the facts."""


class DaphneWitness(Witness):
    """The witness for Daphne: autobahn's protocol object says who dropped a connection and why."""

    __slots__ = ("protocol",)
    server = "daphne"
    keeps_zombies = True

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - Daphne's, and autobahn's under it
        """Watch a ``daphne.ws_protocol.WebSocketProtocol``."""
        self.protocol = protocol

    def gone(self) -> bool:
        """Tell whether autobahn has closed the connection, whether Daphne noticed or not."""
        return getattr(self.protocol, "state", None) == AUTOBAHN_CLOSED

    def testify(self, facts: Facts) -> None:
        """Add the reason of the close frame, which Daphne drops, and why the connection was dropped."""
        facts.hint = self.hint(facts)
        if facts.received_end and facts.received_reason is None:
            facts.received_reason = getattr(self.protocol, "remoteCloseReason", None)

    def hint(self, facts: Facts) -> Hint | None:
        """Return what autobahn's flags say."""
        protocol = self.protocol
        if not facts.accepted:
            return Hint.HANDSHAKE_LIMIT if self.handshake_timed_out(facts) else None
        if "ping timeout" in (getattr(protocol, "wasNotCleanReason", None) or ""):
            return Hint.PING_TIMEOUT
        if getattr(protocol, "failedByMe", False):
            return Hint.PROTOCOL_FAILURE
        if getattr(protocol, "closedByMe", False) and not facts.close_sent and not facts.raised:
            return Hint.CONNECTION_LIMIT
        return Hint.PEER_DROPPED if facts.received_end or self.gone() else None

    def handshake_timed_out(self, facts: Facts) -> bool:
        """Tell whether Daphne or autobahn gave up a handshake that the application had not answered."""
        if getattr(self.protocol, "wasOpenHandshakeTimeout", False):
            return True
        dropped_by_daphne = getattr(self.protocol, "droppedByMe", False)
        return facts.received_end and not facts.refused and dropped_by_daphne


class UvicornWitness(Witness):
    """The witness for Uvicorn: the ``websockets`` connection says which close frame the server sent."""

    __slots__ = ("protocol",)
    server = "uvicorn"

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - one of Uvicorn's three
        """Watch one of Uvicorn's WebSocket protocols."""
        self.protocol = protocol

    def testify(self, facts: Facts) -> None:
        """Add whether the peer was dropped for not answering pings, and what became of a handshake at the stop."""
        conn = getattr(self.protocol, "conn", None)
        sent = getattr(conn, "close_sent", None)
        if not facts.accepted:
            # Uvicorn answers a handshake that the application has not with 500 where it stops, and only there.
            answered = facts.received_end and not facts.refused and getattr(conn, "eof_sent", False)
            facts.hint = Hint.SERVER_STOPPED if answered else None
        elif getattr(sent, "reason", "") == "keepalive ping timeout":
            facts.hint = Hint.PING_TIMEOUT
        elif facts.received_end and sent is None:
            facts.hint = Hint.PEER_DROPPED


def witness_of(send: Callable[..., Any]) -> Witness:
    """Return the witness for the server whose ASGI ``send`` this is."""
    arguments = getattr(send, "args", ())
    if arguments and type(arguments[0]).__module__ == "daphne.ws_protocol":
        return DaphneWitness(arguments[0])
    owner = getattr(send, "__self__", None)
    if type(owner).__module__.startswith("uvicorn.protocols.websockets"):
        return UvicornWitness(owner)
    return Witness()
