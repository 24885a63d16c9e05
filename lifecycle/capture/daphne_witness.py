"""The witness for Daphne."""

from __future__ import annotations

from lifecycle.capture.witness import Witness
from lifecycle.verdict.close_codes import CloseCode, normalised
from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import DAPHNE

#: autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED and STATE_OPEN
AUTOBAHN_CLOSED, AUTOBAHN_OPEN = 0, 3


class DaphneWitness(Witness):
    """Reads flags of autobahn's protocol object, a ``daphne.ws_protocol.WebSocketProtocol``."""

    __slots__ = ()
    implementation = DAPHNE
    evidence = Evidence(DAPHNE)
    tolerates_pending_receive = True
    keeps_zombies = True

    def gone(self) -> bool:
        """Return whether autobahn has closed the connection, which Daphne may not have noticed."""
        return getattr(self.protocol, "state", None) == AUTOBAHN_CLOSED

    def is_open(self) -> bool:
        """Return whether autobahn completed the handshake; it refuses a subprotocol that was not offered."""
        return getattr(self.protocol, "state", AUTOBAHN_OPEN) == AUTOBAHN_OPEN

    def refused_accept(self) -> bool:
        """Return true: a client that has left is noticed before the accept."""
        return True

    def is_closing(self) -> bool:
        """Return whether autobahn sent a close frame or dropped the connection."""
        return not self.is_open()

    def close_on_the_wire(self, facts: Facts) -> tuple[int, str] | None:
        """Return the code of the first close frame, and the reason if the client sent it."""
        if getattr(self.protocol, "closedByMe", False):
            return normalised(getattr(self.protocol, "localCloseCode", None)), ""
        if self.replied():
            code = normalised(getattr(self.protocol, "remoteCloseCode", None))
            return code, getattr(self.protocol, "remoteCloseReason", None) or ""
        return CloseCode.ABNORMAL_CLOSURE, ""

    def replied(self) -> bool:
        """Return whether autobahn sent its close frame as the answer to the client's."""
        protocol = self.protocol
        return getattr(protocol, "localCloseCode", None) is not None and not getattr(protocol, "closedByMe", True)

    def testify(self, facts: Facts) -> Evidence:
        """Return why the connection ended, with the code and the reason of the first close frame.

        Daphne discards the client's reason, and reports the client's answer instead of its own code.
        """
        hint = self.hint(facts)
        if hint in FROM_FRAMES and (hint is not Hint.CLIENT_CLOSED or self.replied()):
            return Evidence(DAPHNE, hint, *(self.close_on_the_wire(facts) or ()))
        if not facts.received_end or hint is Hint.PROTOCOL_FAILURE:
            return Evidence(DAPHNE, hint)
        return Evidence(DAPHNE, hint, None, getattr(self.protocol, "remoteCloseReason", None))

    def hint(self, facts: Facts) -> Hint | None:
        """Return a hint derived from autobahn's flags."""
        protocol = self.protocol
        if not facts.accepted:
            return self.hint_of_handshake(facts)
        if "ping timeout" in (getattr(protocol, "wasNotCleanReason", None) or ""):
            return Hint.PING_TIMEOUT
        if getattr(protocol, "closedByMe", False):
            return self.hint_of_own_close(facts)
        if getattr(protocol, "failedByMe", False):
            return Hint.PROTOCOL_FAILURE
        if self.replied() or (facts.received_end and not facts.close_sent and reports_close_frame(facts)):
            return Hint.CLIENT_CLOSED
        return Hint.PEER_DROPPED if facts.received_end or self.gone() else None

    def hint_of_own_close(self, facts: Facts) -> Hint:
        """Return why the server sent the first close frame."""
        if facts.close_sent:
            return Hint.APPLICATION_CLOSED
        code = getattr(self.protocol, "localCloseCode", None)
        limit = code == CloseCode.NORMAL_CLOSURE and self.is_too_old()
        return Hint.CONNECTION_LIMIT if limit else Hint.SERVER_CLOSED

    def is_too_old(self) -> bool:
        """Return whether the connection has reached Daphne's ``--websocket_timeout``."""
        try:
            return 0 <= self.protocol.server.websocket_timeout < self.protocol.duration()
        except AttributeError:
            return False

    def hint_of_handshake(self, facts: Facts) -> Hint | None:
        """Return why Daphne or autobahn dropped an unanswered handshake; ``None`` if the client did."""
        if getattr(self.protocol, "wasOpenHandshakeTimeout", False):
            return Hint.HANDSHAKE_LIMIT
        if not getattr(self.protocol, "droppedByMe", False) or facts.refused or not facts.received_end:
            return None
        return Hint.HANDSHAKE_LIMIT if self.waited_too_long() else Hint.SERVER_CLOSED

    def waited_too_long(self) -> bool:
        """Return whether the handshake has reached Daphne's ``--websocket_connect_timeout``; true if unknown."""
        try:
            return self.protocol.duration() > self.protocol.server.websocket_connect_timeout
        except AttributeError:
            return True


#: The ends that begin with a close frame whose code autobahn keeps.
FROM_FRAMES = frozenset({Hint.CLIENT_CLOSED, Hint.APPLICATION_CLOSED, Hint.SERVER_CLOSED})


def reports_close_frame(facts: Facts) -> bool:
    """Return whether the disconnect message reports a close frame."""
    return facts.received_code != CloseCode.ABNORMAL_CLOSURE
