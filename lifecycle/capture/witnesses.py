"""Witnesses read evidence about the end of a connection from the server's own protocol object.

That object knows more than the ASGI messages contain, but Daphne and Uvicorn keep it private. So every access is
guarded. If an attribute is missing, the cause of the end is determined from the ASGI messages alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle.verdict.facts import Evidence, Facts, Hint

#: autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED
AUTOBAHN_CLOSED = 0


class Witness:
    """The witness for an unknown server; it has no evidence."""

    __slots__ = ()
    server = ""
    #: The evidence before the end: only the name of the server.
    evidence = Evidence()
    #: Whether the server keeps a connection open after its application returned without closing it.
    keeps_zombies = False

    def gone(self) -> bool:
        """Return whether the transport is known to be closed."""
        return False

    def testify(self, facts: Facts) -> Evidence:
        """Return the evidence about the end of a connection."""
        return Evidence(self.server)


class DaphneWitness(Witness):
    """The witness for Daphne, which reads flags of autobahn's protocol object."""

    __slots__ = ("protocol",)
    server = "daphne"
    evidence = Evidence(server)
    keeps_zombies = True

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - Daphne has no types
        """Read from a ``daphne.ws_protocol.WebSocketProtocol``."""
        self.protocol = protocol

    def gone(self) -> bool:
        """Return whether autobahn has closed the connection, which Daphne may not have noticed."""
        return getattr(self.protocol, "state", None) == AUTOBAHN_CLOSED

    def testify(self, facts: Facts) -> Evidence:
        """Return the close reason, which Daphne discards, and a hint about why the connection ended."""
        reason = getattr(self.protocol, "remoteCloseReason", None) if facts.received_end else None
        return Evidence(self.server, self.hint(facts), reason)

    def hint(self, facts: Facts) -> Hint | None:
        """Return a hint derived from autobahn's flags."""
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
        """Return whether Daphne or autobahn closed the connection because the handshake took too long."""
        if getattr(self.protocol, "wasOpenHandshakeTimeout", False):
            return True
        dropped_by_daphne = getattr(self.protocol, "droppedByMe", False)
        return facts.received_end and not facts.refused and dropped_by_daphne


class UvicornWitness(Witness):
    """The witness for Uvicorn, which reads the connection object of the ``websockets`` library."""

    __slots__ = ("protocol",)
    server = "uvicorn"
    evidence = Evidence(server)

    def __init__(self, protocol: Any) -> None:  # noqa: ANN401 - Uvicorn has three classes
        """Read from one of Uvicorn's WebSocket protocol objects."""
        self.protocol = protocol

    def testify(self, facts: Facts) -> Evidence:
        """Return a hint about why the connection ended; the close reason is already in the ASGI message."""
        return Evidence(self.server, self.hint(facts))

    def hint(self, facts: Facts) -> Hint | None:
        """Return a hint derived from the state of the connection object."""
        conn = getattr(self.protocol, "conn", None)
        sent = getattr(conn, "close_sent", None)
        if not facts.accepted:
            # Uvicorn itself answers a pending handshake only when it shuts down, with HTTP 500.
            answered = facts.received_end and not facts.refused and getattr(conn, "eof_sent", False)
            return Hint.SERVER_STOPPED if answered else None
        if getattr(sent, "reason", "") == "keepalive ping timeout":
            return Hint.PING_TIMEOUT
        return Hint.PEER_DROPPED if facts.received_end and sent is None else None


def witness_of(send: Callable[..., Any]) -> Witness:
    """Return the witness for the server that an ASGI ``send`` callable belongs to."""
    arguments = getattr(send, "args", ())
    return witness_for(arguments[0] if arguments else getattr(send, "__self__", None))


def witness_for(protocol: object) -> Witness:
    """Return the witness for a server's protocol object; a witness without evidence if it is unknown."""
    module = type(protocol).__module__
    if module == "daphne.ws_protocol":
        return DaphneWitness(protocol)
    if module.startswith("uvicorn.protocols.websockets"):
        return UvicornWitness(protocol)
    return Witness()
