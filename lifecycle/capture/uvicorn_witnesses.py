"""The witness for Uvicorn's default implementation, and its base class for the library ``websockets``.

Uvicorn closes a connection with 1011 if the client does not answer a ping, with 1012 if the server stops, and with
a code of ``PROTOCOL_FAILURES`` if the client violates the protocol.
"""

from __future__ import annotations

from typing import Any

from lifecycle import startup
from lifecycle.capture.witness import Witness
from lifecycle.verdict.close_codes import PROTOCOL_FAILURES, CloseCode
from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import UVICORN_SANSIO

#: The reason in Uvicorn's close frame after an unanswered ping.
PING_TIMEOUT = "keepalive ping timeout"
#: The ends that begin with the server's close frame.
FROM_THE_SERVER = frozenset(
    {Hint.PROTOCOL_FAILURE, Hint.SERVER_STOPPED, Hint.SERVER_CLOSED, Hint.APPLICATION_CLOSED}
)


class CloseFramesWitness(Witness):
    """Reads the close frames that the library ``websockets`` keeps."""

    __slots__ = ()
    tolerates_pending_receive = True

    def library(self) -> Any:  # noqa: ANN401 - an object of the library
        """Return the object that has the close frames, as ``close_sent`` and ``close_rcvd``."""
        return self.protocol

    def sent(self, facts: Facts) -> Any:  # noqa: ANN401 - an object of the library
        """Return the close frame that was sent; ``None`` if there was none."""
        return getattr(self.library(), "close_sent", None)

    def close_on_the_wire(self, facts: Facts) -> tuple[int, str] | None:
        """Return the code and the reason of the first close frame; ``None`` if unknown."""
        library = self.library()
        if not hasattr(library, "close_rcvd_then_sent"):
            return None
        frame = library.close_rcvd if library.close_rcvd_then_sent else self.sent(facts)
        return (CloseCode.ABNORMAL_CLOSURE, "") if frame is None else (int(frame.code), frame.reason)

    def testify(self, facts: Facts) -> Evidence:
        """Return why the connection ended, with the code and the reason of the first close frame."""
        hint = self.hint(facts)
        if hint is Hint.CLIENT_CLOSED:
            frame = self.library().close_rcvd
        elif hint in FROM_THE_SERVER:
            frame = self.sent(facts)
        else:
            frame = None
        return Evidence(
            self.implementation, hint, *((None, None) if frame is None else (int(frame.code), frame.reason))
        )

    def hint(self, facts: Facts) -> Hint | None:
        """Return why the connection ended, as the first close frame shows."""
        if not facts.accepted:
            return self.hint_of_handshake(facts) if facts.received_end and not facts.refused else None
        library, sent = self.library(), self.sent(facts)
        if getattr(library, "close_rcvd_then_sent", False):
            # A violation can follow the client's close frame. Then the frames are not the same.
            return Hint.CLIENT_CLOSED if sent == library.close_rcvd else self.hint_of(sent, facts)
        if sent is not None:
            return self.hint_of(sent, facts)
        return Hint.PEER_DROPPED if hasattr(library, "close_sent") and self.is_lost(facts) else None

    def hint_of_handshake(self, facts: Facts) -> Hint | None:
        """Return who answered a handshake instead of the application: the server or an outer application."""
        if self.stopped_handshake(facts):
            return Hint.SERVER_STOPPED
        return Hint.SERVER_CLOSED if self.refused_outside() else None

    def refused_outside(self) -> bool:
        """Return whether an application outside the middleware refused the handshake."""
        return False

    def hint_of(self, sent: Any, facts: Facts) -> Hint | None:  # noqa: ANN401 - an object of the library
        """Return why the connection ended, as a close frame from the server shows."""
        if sent.code == CloseCode.INTERNAL_ERROR and sent.reason == PING_TIMEOUT:
            return Hint.PING_TIMEOUT
        if facts.sent_code == sent.code:
            return Hint.APPLICATION_CLOSED
        if sent.code == CloseCode.SERVICE_RESTART and self.stopped():
            return Hint.SERVER_STOPPED
        if sent.code in PROTOCOL_FAILURES and self.found_violation(sent):
            return Hint.PROTOCOL_FAILURE
        return Hint.SERVER_CLOSED

    def is_lost(self, facts: Facts) -> bool:
        """Return whether the connection is known to have ended, if there is no close frame."""
        return facts.received_end

    def stopped(self) -> bool:
        """Return whether Uvicorn has closed the connection because it stops."""
        return False

    def found_violation(self, sent: Any) -> bool:  # noqa: ANN401 - an object of the library
        """Return whether the library sent the close frame, because the client violated the protocol."""
        return False

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn answered a pending handshake itself, which it does only while it stops."""
        return False


class SansIOWitness(CloseFramesWitness):
    """The witness for Uvicorn's default, ``--ws websockets-sansio``."""

    __slots__ = ()
    implementation = UVICORN_SANSIO
    evidence = Evidence(UVICORN_SANSIO)

    def library(self) -> Any:  # noqa: ANN401 - an object of the library
        """Return the library's connection object."""
        return getattr(self.protocol, "conn", None)

    def is_open(self) -> bool:
        """Return whether Uvicorn completed the handshake; it ignores an accept after the client has left."""
        return bool(getattr(self.protocol, "handshake_complete", True))

    def is_closing(self) -> bool:
        """Return whether there is a close frame, or the transport is closed."""
        if getattr(self.protocol, "disconnected", True):
            return True
        library = self.library()
        return library.close_sent is not None or library.close_rcvd is not None

    def stopped(self) -> bool:
        """Return whether Uvicorn closed the connection itself; if an application does, Uvicorn notes that."""
        return not getattr(self.protocol, "close_sent", False)

    def found_violation(self, sent: Any) -> bool:  # noqa: ANN401 - an object of the library
        """Return whether the library or Uvicorn found a violation.

        Uvicorn checks UTF-8 itself. It sets ``close_timer`` only after a close by an application.
        """
        if getattr(self.library(), "parser_exc", sent) is not None:
            return True
        checked = sent.code == CloseCode.INVALID_PAYLOAD and not sent.reason
        return checked and getattr(self.protocol, "close_timer", None) is None

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn answered a pending handshake with HTTP 500 because it stops.

        The library ends its stream after that answer, but also after any close frame and any violation before the
        accept. So this is no proof, unless there was neither.
        """
        library = self.library()
        if not getattr(library, "eof_sent", False) or getattr(self.protocol, "close_sent", True):
            return False
        by_client = getattr(library, "close_rcvd", None) or getattr(library, "parser_exc", None)
        return by_client is None and startup.uvicorn_is_stopping() is not False

    def refused_outside(self) -> bool:
        """Return whether an application outside the middleware refused the handshake."""
        return bool(getattr(self.protocol, "close_sent", False))
