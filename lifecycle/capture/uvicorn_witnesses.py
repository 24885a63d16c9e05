"""The witnesses for Uvicorn's three implementations of the WebSocket protocol.

Uvicorn closes a connection with 1011 if the client does not answer a ping, with 1012 if the server stops, and with
a code of ``PROTOCOL_FAILURES`` if the client violates the protocol.
"""

from __future__ import annotations

from typing import Any

from lifecycle.capture.witness import Witness
from lifecycle.verdict.close_codes import PROTOCOL_FAILURES, CloseCode
from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import UVICORN_SANSIO, UVICORN_WEBSOCKETS, UVICORN_WSPROTO

#: The reason in Uvicorn's close frame after an unanswered ping.
PING_TIMEOUT = "keepalive ping timeout"


class CloseFramesWitness(Witness):
    """Reads the close frames that the library ``websockets`` keeps."""

    __slots__ = ()
    tolerates_pending_receive = True

    def library(self) -> Any:  # noqa: ANN401 - an object of the library
        """Return the object that has the close frames, as ``close_sent`` and ``close_rcvd``."""
        return self.protocol

    def testify(self, facts: Facts) -> Evidence:
        """Return why the connection ended, with the code and the reason of the first close frame."""
        library, hint = self.library(), self.hint(facts)
        if hint is Hint.CLIENT_CLOSED:
            frame = library.close_rcvd
        elif hint is Hint.PROTOCOL_FAILURE or hint is Hint.SERVER_STOPPED:
            frame = library.close_sent
        else:
            frame = None
        return Evidence(
            self.implementation, hint, *((None, None) if frame is None else (int(frame.code), frame.reason))
        )

    def hint(self, facts: Facts) -> Hint | None:
        """Return why the connection ended, as the first close frame shows."""
        if not facts.accepted:
            return Hint.SERVER_STOPPED if facts.received_end and self.stopped_handshake(facts) else None
        library = self.library()
        sent = getattr(library, "close_sent", None)
        if getattr(library, "close_rcvd_then_sent", False):
            # A violation can follow the client's close frame. Then the frames are not the same.
            return Hint.CLIENT_CLOSED if sent == library.close_rcvd else hint_of(sent, facts)
        if sent is not None:
            return hint_of(sent, facts)
        return Hint.PEER_DROPPED if facts.received_end and hasattr(library, "close_sent") else None

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn answered a pending handshake itself, which it does only while it stops."""
        return False


def hint_of(sent: Any, facts: Facts) -> Hint | None:  # noqa: ANN401 - an object of the library
    """Return why the connection ended, as a close frame from Uvicorn or from the application shows."""
    if sent.reason == PING_TIMEOUT:
        return Hint.PING_TIMEOUT
    if facts.sent_code == sent.code:
        return Hint.APPLICATION_CLOSED
    if sent.code == CloseCode.SERVICE_RESTART:
        return Hint.SERVER_STOPPED
    return Hint.PROTOCOL_FAILURE if sent.code in PROTOCOL_FAILURES else None


class SansIOWitness(CloseFramesWitness):
    """The witness for Uvicorn's default, ``--ws websockets-sansio``."""

    __slots__ = ()
    implementation = UVICORN_SANSIO
    evidence = Evidence(UVICORN_SANSIO)

    def library(self) -> Any:  # noqa: ANN401 - an object of the library
        """Return the library's connection object."""
        return getattr(self.protocol, "conn", None)

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn answered a pending handshake with HTTP 500."""
        return not facts.refused and getattr(self.library(), "eof_sent", False)


class WebSocketsWitness(CloseFramesWitness):
    """The witness for ``--ws websockets``, whose protocol object is the library's own."""

    __slots__ = ()
    implementation = UVICORN_WEBSOCKETS
    evidence = Evidence(UVICORN_WEBSOCKETS)

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn is stopping."""
        return not facts.refused and getattr(getattr(self.protocol, "ws_server", None), "closing", False)


class WSProtoWitness(Witness):
    """The witness for ``--ws wsproto``, which reads the state of the library's connection object.

    The library keeps no close frame, but its state and the disconnect message together are enough.
    """

    __slots__ = ()
    implementation = UVICORN_WSPROTO
    evidence = Evidence(UVICORN_WSPROTO)
    tolerates_pending_receive = True

    def testify(self, facts: Facts) -> Evidence:
        """Return why the connection ended."""
        hint = self.hint(facts)
        if hint is Hint.PROTOCOL_FAILURE and self.state() == "OPEN":
            # The message has the code that should have been sent. But Uvicorn drops the connection.
            return Evidence(UVICORN_WSPROTO, hint, CloseCode.ABNORMAL_CLOSURE, "")
        return Evidence(UVICORN_WSPROTO, hint)

    def state(self) -> str:
        """Return the name of the connection's ``wsproto.connection.ConnectionState``."""
        return getattr(getattr(getattr(self.protocol, "conn", None), "state", None), "name", "")

    def hint(self, facts: Facts) -> Hint | None:
        """Return why the connection ended; ``None`` before the disconnect message."""
        if not facts.received_end:
            return None
        state = self.state()
        if not facts.accepted:
            return Hint.SERVER_STOPPED if not facts.refused and state not in {"", "CONNECTING"} else None
        if facts.received_reason is None:
            return self.hint_without_frame(facts, state)
        if state in {"CLOSED", "REMOTE_CLOSING"}:
            return Hint.CLIENT_CLOSED
        if state == "LOCAL_CLOSING" and facts.received_code == facts.sent_code:
            return Hint.APPLICATION_CLOSED
        return Hint.PROTOCOL_FAILURE if facts.received_code in PROTOCOL_FAILURES else None

    def hint_without_frame(self, facts: Facts, state: str) -> Hint | None:
        """Return why the connection ended if the disconnect message has no ``reason``."""
        if facts.received_code == CloseCode.SERVICE_RESTART:
            return Hint.SERVER_STOPPED
        if state == "LOCAL_CLOSING":
            return Hint.PING_TIMEOUT
        return Hint.PEER_DROPPED if state == "OPEN" else None
