"""The witness for Daphne."""

from __future__ import annotations

from lifecycle.capture.witness import Witness
from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import DAPHNE

#: autobahn.websocket.protocol.WebSocketProtocol.STATE_CLOSED
AUTOBAHN_CLOSED = 0


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

    def testify(self, facts: Facts) -> Evidence:
        """Return the close reason, which Daphne discards, and a hint about why the connection ended."""
        hint = self.hint(facts)
        if not facts.received_end or hint is Hint.PROTOCOL_FAILURE:
            return Evidence(DAPHNE, hint)
        return Evidence(DAPHNE, hint, None, getattr(self.protocol, "remoteCloseReason", None))

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
        if facts.received_end and facts.received_code != CloseCode.ABNORMAL_CLOSURE and not facts.close_sent:
            return Hint.CLIENT_CLOSED
        return Hint.PEER_DROPPED if facts.received_end or self.gone() else None

    def handshake_timed_out(self, facts: Facts) -> bool:
        """Return whether Daphne or autobahn closed the connection because the handshake took too long."""
        if getattr(self.protocol, "wasOpenHandshakeTimeout", False):
            return True
        dropped_by_daphne = getattr(self.protocol, "droppedByMe", False)
        return facts.received_end and not facts.refused and dropped_by_daphne
