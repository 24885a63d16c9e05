"""The witnesses for the implementations that Uvicorn's option ``--ws`` selects: ``websockets`` and ``wsproto``."""

from __future__ import annotations

from typing import Any

from lifecycle import startup
from lifecycle.capture.uvicorn_witnesses import CloseFramesWitness
from lifecycle.capture.witness import Witness
from lifecycle.verdict.close_codes import LOCAL_ONLY, PROTOCOL_FAILURES, CloseCode
from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import UVICORN_WEBSOCKETS, UVICORN_WSPROTO

#: The start of the reason in Uvicorn's close frame after a message over the limit.
TOO_BIG = "Message exceeds the maximum size"
#: websockets.protocol.State
CONNECTING, OPEN, CLOSED = 0, 1, 3


class WebSocketsWitness(CloseFramesWitness):
    """The witness for ``--ws websockets``, whose protocol object is the library's own."""

    __slots__ = ()
    implementation = UVICORN_WEBSOCKETS
    evidence = Evidence(UVICORN_WEBSOCKETS)
    opens_later = True

    async def wait_for_answer(self) -> None:
        """Wait until the library has answered the handshake, as ``receive`` and the next ``send`` do."""
        answered = getattr(self.protocol, "handshake_completed_event", None)
        if answered is not None:
            await answered.wait()

    def is_open(self) -> bool:
        """Return whether the library completed the handshake."""
        return not getattr(self.protocol, "lost_connection_before_handshake", False)

    def refused_accept(self) -> bool:
        """Return whether the library answered the handshake with an error, as it does if a header is not valid."""
        headers = getattr(self.protocol, "response_headers", None)
        return headers is not None and "Upgrade" not in headers

    def is_closing(self) -> bool:
        """Return whether there is a close frame, or the connection is closed."""
        return getattr(self.protocol, "state", CLOSED) > OPEN

    def sent(self, facts: Facts) -> Any:  # noqa: ANN401 - an object of the library
        """Return the close frame that was sent; the library also keeps one that it could not send."""
        return None if facts.close_refused else super().sent(facts)

    def is_lost(self, facts: Facts) -> bool:
        """Return whether the connection has ended, even if no message has reported that yet."""
        return facts.received_end or getattr(self.protocol, "state", CONNECTING) == CLOSED

    def stopped(self) -> bool:
        """Return whether Uvicorn is stopping."""
        return bool(getattr(getattr(self.protocol, "ws_server", None), "closing", True))

    def found_violation(self, sent: Any) -> bool:  # noqa: ANN401 - an object of the library
        """Return whether the library stopped reading because of a violation, and not because of the network."""
        error = getattr(self.protocol, "transfer_data_exc", None)
        return isinstance(error, Exception) and not isinstance(error, OSError | EOFError)

    def stopped_handshake(self, facts: Facts) -> bool:
        """Return whether Uvicorn is stopping."""
        return getattr(getattr(self.protocol, "ws_server", None), "closing", False)

    def refused_outside(self) -> bool:
        """Return whether an application outside the middleware refused the handshake."""
        return getattr(self.protocol, "initial_response", None) is not None


class WSProtoWitness(Witness):
    """The witness for ``--ws wsproto``, which reads the state of the library's connection object.

    The library keeps no close frame, but its state and the disconnect message together are enough.
    """

    __slots__ = ()
    implementation = UVICORN_WSPROTO
    evidence = Evidence(UVICORN_WSPROTO)
    tolerates_pending_receive = True

    def is_open(self) -> bool:
        """Return whether Uvicorn completed the handshake; it ignores an accept after the client has left."""
        return bool(getattr(self.protocol, "handshake_complete", True))

    def is_closing(self) -> bool:
        """Return whether there is a close frame, or the transport is closed."""
        return self.state() != "OPEN" or getattr(self.protocol, "disconnected", True)

    def close_on_the_wire(self, facts: Facts) -> tuple[int, str] | None:
        """Return 1006 if there was no close frame; otherwise its code is unknown."""
        return (CloseCode.ABNORMAL_CLOSURE, "") if self.state() == "OPEN" else None

    def testify(self, facts: Facts) -> Evidence:
        """Return why the connection ended."""
        hint = self.hint(facts)
        if hint is Hint.PROTOCOL_FAILURE and self.state() == "OPEN":
            # The message has the code that should have been sent. But Uvicorn drops the connection.
            return Evidence(UVICORN_WSPROTO, hint, CloseCode.ABNORMAL_CLOSURE, "")
        if hint is Hint.APPLICATION_CLOSED:
            return Evidence(UVICORN_WSPROTO, hint, sent_by_wsproto(facts.sent_code))
        if hint is Hint.SERVER_CLOSED:
            return Evidence(UVICORN_WSPROTO, hint, sent_by_wsproto(facts.received_code), facts.received_reason)
        return Evidence(UVICORN_WSPROTO, hint)

    def state(self) -> str:
        """Return the name of the connection's ``wsproto.connection.ConnectionState``."""
        return getattr(getattr(getattr(self.protocol, "conn", None), "state", None), "name", "")

    def hint(self, facts: Facts) -> Hint | None:
        """Return why the connection ended; ``None`` before the disconnect message."""
        if facts.close_sent:
            return Hint.APPLICATION_CLOSED
        if not facts.received_end:
            return None
        state = self.state()
        if not facts.accepted:
            return None if facts.refused else self.hint_of_handshake(state)
        if facts.received_reason is None:
            return self.hint_without_frame(facts, state)
        if getattr(self.protocol, "close_sent", False):
            return self.hint_of_own_close(facts, state)
        if state in {"CLOSED", "REMOTE_CLOSING"}:
            return Hint.CLIENT_CLOSED
        return Hint.PROTOCOL_FAILURE if facts.received_code in PROTOCOL_FAILURES else None

    def hint_of_own_close(self, facts: Facts, state: str) -> Hint | None:
        """Return why the connection ended if the first close frame was the server's."""
        if facts.received_code == CloseCode.MESSAGE_TOO_BIG and (facts.received_reason or "").startswith(TOO_BIG):
            return Hint.PROTOCOL_FAILURE
        if facts.received_code == facts.sent_code:
            return Hint.APPLICATION_CLOSED
        return Hint.SERVER_CLOSED if state in {"LOCAL_CLOSING", "CLOSED"} else None

    def hint_without_frame(self, facts: Facts, state: str) -> Hint | None:
        """Return why the connection ended if the disconnect message has no ``reason``."""
        if facts.received_code == CloseCode.SERVICE_RESTART:
            return Hint.SERVER_STOPPED
        if state == "LOCAL_CLOSING":
            return Hint.PING_TIMEOUT
        return Hint.PEER_DROPPED if state == "OPEN" else None

    def hint_of_handshake(self, state: str) -> Hint | None:
        """Return who answered a handshake that the application has not answered; ``None`` if nobody did.

        Uvicorn itself does so only while it stops. An application outside the middleware can refuse.
        """
        if state in {"", "CONNECTING"}:
            return None
        if getattr(self.protocol, "close_sent", False):
            return Hint.SERVER_CLOSED
        return Hint.SERVER_STOPPED if startup.uvicorn_is_stopping() is not False else None


def sent_by_wsproto(code: int | None) -> int:
    """Return the code on the wire: wsproto sends 1000 for the codes that are never sent in a close frame."""
    if code is None:
        return CloseCode.NO_STATUS_RECEIVED
    return CloseCode.NORMAL_CLOSURE if code in LOCAL_ONLY else code
