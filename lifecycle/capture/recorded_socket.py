"""Records the handshake, the accept, the traffic and the end of one socket."""

from __future__ import annotations

from lifecycle import conf
from lifecycle.capture import channels_hooks
from lifecycle.capture.endpoints import note_endpoint
from lifecycle.capture.unsent import abort, is_closing, unsent_bytes
from lifecycle.capture.witness import Witness
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.record.recorder import Recorder
from lifecycle.server.sockets import Sockets
from lifecycle.verdict.causes import Cause, Initiator, Verdict
from lifecycle.verdict.classify import classify
from lifecycle.verdict.close_codes import CloseCode, normalised
from lifecycle.verdict.facts import Facts

#: Seconds after which the server no longer closes the connection of a failed application.
PATIENCE = 60.0


class RecordedSocket:
    """Records one socket. ``server.sockets.Sockets`` holds the object until the end is recorded."""

    __slots__ = ("counts", "facts", "recorder", "sockets", "witness")

    def __init__(self, facts: Facts, sockets: Sockets, recorder: Recorder, witness: Witness) -> None:
        self.facts = facts
        self.sockets = sockets
        self.recorder = recorder
        self.witness = witness
        #: The counts of the endpoint, once the connection is accepted.
        self.counts: EndpointTally | None = None
        facts.evidence = witness.evidence

    def is_gone(self) -> bool:
        """Return whether the transport is known to be closed."""
        return self.witness.gone()

    def unsent_bytes(self) -> int:
        """Return the bytes that the server keeps because the client has not read them yet; 0 if unknown."""
        return unsent_bytes(self.witness.protocol)

    def is_closing(self) -> bool:
        """Return whether the server reads nothing more from the client; true if unknown."""
        return is_closing(self.witness.protocol)

    def record_handshake(self) -> None:
        """Write an unanswered handshake to the spool, so it is on record even if this process dies."""
        if not self.facts.handshake_recorded:
            self.facts.handshake_recorded = self.recorder.handshake(self.facts)

    def record_accept(self, subprotocol: str) -> None:
        """Record that the connection is open; ``subprotocol`` is empty if the application chose none."""
        facts = self.facts
        facts.accepted_at = facts.now()
        facts.subprotocol = subprotocol
        channels_hooks.note_user(facts)
        note_endpoint(facts)
        self.counts = self.recorder.accepted(facts)
        facts.handshake.server_scope = None
        if facts.ended:
            # This process is stopping and has already recorded the handshake as refused: record the end again.
            facts.ended_at = facts.accepted_at
            self.record_end()

    def record_application_end(self) -> None:
        """Record that the application has returned, although the server keeps the connection open."""
        if not self.facts.ended:
            self.facts.application_ended_at = self.facts.now()
            self.recorder.returned(self.facts)

    def count_received(self, size: int) -> None:
        """Count a message from the client; ``size`` in bytes."""
        traffic = self.facts.traffic
        traffic.last_received_at = self.facts.now()
        traffic.messages_in += 1
        traffic.bytes_in += size
        if self.counts is not None:
            self.counts.messages_in += 1
            self.counts.bytes_in += size

    def count_sent(self, size: int) -> None:
        """Count a message to the client; ``size`` in bytes."""
        traffic = self.facts.traffic
        traffic.last_sent_at = self.facts.now()
        traffic.messages_out += 1
        traffic.bytes_out += size
        if self.counts is not None:
            self.counts.messages_out += 1
            self.counts.bytes_out += size

    def end(self) -> None:
        """Record the end and its cause; a second call does nothing, unless the client closed during the stop."""
        if not self.facts.ended:
            self.facts.ended_at = self.facts.now()
            self.record_end()
        elif self.facts.stopping and self.facts.received_end:
            self.correct_end()

    def drop(self, code: int, reason: str) -> None:
        """Record that the server closed the connection, and abort it.

        No close frame is sent, because it would have to wait behind the unsent bytes.
        """
        facts = self.facts
        if facts.accepted and not facts.ended:
            facts.sent_code, facts.sent_reason, facts.close_sent = code, reason, True
            self.end()
        abort(self.witness.protocol)

    def correct_end(self) -> None:
        """If the client closes during the stop of this process, replace the end that the stop has recorded.

        When the process stops, the end of every open connection is recorded at once, in case the process is
        killed. But Daphne still answers its clients while it waits for the last events to be written.
        """
        facts, recorder = self.facts, self.recorder
        facts.evidence = recorder.guard(self.witness.testify, facts) or facts.evidence
        verdict = recorder.guard(classify, facts, conf.get("SILENCE_SECONDS"))
        if verdict and verdict.exact and verdict.initiator is Initiator.CLIENT and facts.accepted:
            facts.stopping = False
            facts.ended_at = facts.now()
            recorder.corrected(facts, verdict)

    def settle(self) -> bool:
        """If the server has closed the connection of a failed application by now, record the code that was sent.

        Uvicorn drops the connection at once, and Daphne closes up to a second after the exception. But an
        application outside the middleware can close before that, with any code.
        Return whether there is nothing left to wait for.
        """
        facts, witness, recorder = self.facts, self.witness, self.recorder
        if not witness.is_closing():
            return facts.now() - (facts.ended_at or 0.0) > PATIENCE
        close = recorder.guard(witness.close_on_the_wire, facts)
        if close is not None and (facts.raised or close[0] == CloseCode.ABNORMAL_CLOSURE):
            recorder.corrected(facts, Verdict(Cause.SERVER_ERROR, normalised(close[0]), close[1]))
        return True

    def record_end(self) -> None:
        """Determine the cause of the end, then record the end.

        Nothing is awaited between these two steps, so the end is recorded exactly once.
        """
        facts, recorder = self.facts, self.recorder
        self.sockets.discard(facts.id)
        facts.stopping = self.sockets.stopping
        facts.evidence = recorder.guard(self.witness.testify, facts) or facts.evidence
        channels_hooks.note_user(facts)
        note_endpoint(facts)
        verdict = recorder.guard(classify, facts, conf.get("SILENCE_SECONDS"))
        if verdict is not None:
            recorder.ended(facts, verdict)
            if verdict.cause is Cause.SERVER_ERROR:
                self.sockets.unsettled.add(self)
        facts.route.scope = facts.handshake.server_scope = None
