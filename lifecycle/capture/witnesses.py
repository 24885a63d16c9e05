"""Witnesses: what a server's own protocol object knows about an end, beyond the ASGI messages.

Daphne and Uvicorn keep that object private, so each access is guarded. Without it, the verdict rests on the ASGI
messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle.verdict.facts import Evidence, Facts, Hint

#: autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED
AUTOBAHN_CLOSED = 0


class Witness:
    """The witness for a server that this module does not know: it has no evidence."""

    __slots__ = ()
    server = ""
    #: What is known before the end: the server.
    evidence = Evidence()
    #: Whether the server keeps a connection open after its application returned without closing it.
    keeps_zombies = False

    def gone(self) -> bool:
        """Return whether the transport is known to be closed."""
        return False

    def testify(self, facts: Facts) -> Evidence:
        """Return what the server knows about an end."""
        return Evidence(self.server)


class DaphneWitness(Witness):
    """The witness for Daphne: autobahn's protocol object says who dropped a connection and why."""

    __slots__ = ("protocol",)
    server = "daphne"
    evidence = Evidence(server)
    keeps_zombies = True

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - Daphne's, and autobahn's under it
        """Use a ``daphne.ws_protocol.WebSocketProtocol``."""
        self.protocol = protocol

    def gone(self) -> bool:
        """Return whether autobahn has closed the connection; Daphne may not have noticed."""
        return getattr(self.protocol, "state", None) == AUTOBAHN_CLOSED

    def testify(self, facts: Facts) -> Evidence:
        """Return the reason of the close frame, which Daphne drops, and why the connection was dropped."""
        reason = getattr(self.protocol, "remoteCloseReason", None) if facts.received_end else None
        return Evidence(self.server, self.hint(facts), reason)

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
        """Return whether Daphne or autobahn gave up before the application answered the handshake."""
        if getattr(self.protocol, "wasOpenHandshakeTimeout", False):
            return True
        dropped_by_daphne = getattr(self.protocol, "droppedByMe", False)
        return facts.received_end and not facts.refused and dropped_by_daphne


class UvicornWitness(Witness):
    """The witness for Uvicorn: the ``websockets`` connection says which close frame the server sent."""

    __slots__ = ("protocol",)
    server = "uvicorn"
    evidence = Evidence(server)

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - one of Uvicorn's three
        """Use one of Uvicorn's WebSocket protocols."""
        self.protocol = protocol

    def testify(self, facts: Facts) -> Evidence:
        """Return whether the peer stopped answering pings, or the stop ended the handshake."""
        return Evidence(self.server, self.hint(facts))

    def hint(self, facts: Facts) -> Hint | None:
        """Return what the connection object of the ``websockets`` library says."""
        conn = getattr(self.protocol, "conn", None)
        sent = getattr(conn, "close_sent", None)
        if not facts.accepted:
            # Uvicorn answers an open handshake with a 500 only when it stops.
            answered = facts.received_end and not facts.refused and getattr(conn, "eof_sent", False)
            return Hint.SERVER_STOPPED if answered else None
        if getattr(sent, "reason", "") == "keepalive ping timeout":
            return Hint.PING_TIMEOUT
        return Hint.PEER_DROPPED if facts.received_end and sent is None else None


def witness_of(send: Callable[..., Any]) -> Witness:
    """Return the witness for the server whose ASGI ``send`` this is."""
    arguments = getattr(send, "args", ())
    if arguments and type(arguments[0]).__module__ == "daphne.ws_protocol":
        return DaphneWitness(arguments[0])
    owner = getattr(send, "__self__", None)
    if type(owner).__module__.startswith("uvicorn.protocols.websockets"):
        return UvicornWitness(owner)
    return Witness()
