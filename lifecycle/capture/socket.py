"""One watched socket: notes what passes between server and application, and decides once how it ended."""

from __future__ import annotations

import asyncio

from lifecycle import conf
from lifecycle.asgi_types import Message, Receive, Send
from lifecycle.capture import channels_hooks
from lifecycle.capture.read_ahead import ReadAhead
from lifecycle.capture.witnesses import Witness, witness_of
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.record.recorder import Recorder
from lifecycle.server import current
from lifecycle.server.sockets import Sockets
from lifecycle.verdict.classify import classify, is_shutdown
from lifecycle.verdict.close_codes import recordable
from lifecycle.verdict.facts import Facts


class WatchedSocket:
    """Stands between the server's ``receive`` and ``send`` and the application."""

    __slots__ = ("ahead", "busy", "counts", "facts", "handshake_recorded", "recorder", "server_receive",
                 "server_send", "sockets", "witness")  # fmt: skip

    def __init__(self, facts: Facts, sockets: Sockets, recorder: Recorder, receive: Receive, send: Send) -> None:
        self.facts = facts
        self.sockets = sockets
        #: The sockets whose applications are not waiting for a message.
        self.busy = sockets.busy
        self.recorder = recorder
        self.server_receive = receive
        self.server_send = send
        self.witness: Witness = witness_of(send)
        self.ahead: ReadAhead | None = None
        #: The counts of the endpoint, once the connection is accepted.
        self.counts: EndpointTally | None = None
        self.handshake_recorded = False
        facts.evidence = self.witness.evidence
        sockets.add(self)

    async def receive(self) -> Message:
        """Return the application's next message; messages that were read ahead come first."""
        if self.ahead is not None:
            return await self.ahead.get()
        self.busy.pop(self, None)
        try:
            message = await self.server_receive()
            self.received(message)
            return message
        finally:
            if not self.facts.ended:
                self.busy.add(self)

    def is_gone(self) -> bool:
        """Return whether the transport is known to be closed."""
        return self.witness.gone()

    def read_ahead(self) -> None:
        """Read from the server while the application is busy; record a handshake that takes this long."""
        if not self.facts.accepted:
            self.record_handshake()
        self.start_reading()

    def start_reading(self) -> None:
        """Read from the server in a separate task."""
        if self.ahead is None and not self.facts.received_end:
            self.ahead = ReadAhead(self.server_receive, self.received)
        self.busy.pop(self, None)

    async def look(self) -> None:
        """Read a disconnect that is already waiting: it decides who closed first."""
        if self in self.busy:
            self.start_reading()
        await asyncio.sleep(0)

    def received(self, message: Message) -> None:
        """Note a message at the moment it arrives."""
        facts = self.facts
        if message["type"] == "websocket.receive":
            size = payload_size(message)
            traffic = facts.traffic
            traffic.last_received_at = facts.now()
            traffic.messages_in += 1
            traffic.bytes_in += size
            if self.counts is not None:
                self.counts.messages_in += 1
                self.counts.bytes_in += size
        elif message["type"] == "websocket.disconnect" and not facts.received_end:
            facts.received_end = True
            facts.received_code = message.get("code")
            facts.received_reason = message.get("reason")
            self.end()

    async def send(self, message: Message) -> None:
        """Pass the application's message to the server, and note it after the server has taken it."""
        kind = message.get("type")
        if kind == "websocket.send":
            await self.server_send(message)
            self.sent(payload_size(message))
        elif kind == "websocket.accept":
            await self.accept(message)
        elif kind in {"websocket.close", "websocket.http.response.start"}:
            await self.close(message)
        else:
            await self.server_send(message)

    def sent(self, size: int) -> None:
        """Note a message to the client; ``size`` in bytes."""
        traffic = self.facts.traffic
        traffic.last_sent_at = self.facts.now()
        traffic.messages_out += 1
        traffic.bytes_out += size
        if self.counts is not None:
            self.counts.messages_out += 1
            self.counts.bytes_out += size

    async def accept(self, message: Message) -> None:
        """Pass an accept on; the connection is open only if the peer is still there."""
        facts = self.facts
        gone = self.witness.gone()
        facts.accept_failed = True
        await self.server_send(message)
        too_late = facts.ended and not facts.stopping
        if gone or too_late or facts.received_end or facts.accepted:
            return
        facts.accept_failed = False
        facts.accepted_at = facts.now()
        facts.subprotocol = message.get("subprotocol") or ""
        channels_hooks.note_user(facts)
        self.counts = self.recorder.accepted(facts)
        facts.handshake.server_scope = None
        if facts.ended:
            # The stop of this process had ended the handshake as refused: write the row again.
            facts.ended_at = facts.accepted_at
            self.record_end()

    async def close(self, message: Message) -> None:
        """Pass a close on, and note whether it ended the connection or refused the handshake.

        The end is recorded when the server takes the close, not when the peer answers: if the process is killed in
        between, it has still closed this connection itself.
        """
        facts = self.facts
        await self.look()
        if not facts.ended and not facts.close_sent:
            facts.sent_code = recordable(message.get("code")) or (1000 if facts.accepted else None)
            facts.sent_reason = message.get("reason")
        await self.server_send(message)
        if facts.ended:
            return
        facts.close_sent = facts.accepted
        facts.refused = not facts.accepted
        self.end()

    def leave(self) -> None:
        """Stop reading once the application has ended, unless the server keeps the connection open."""
        self.busy.pop(self, None)
        if self.ahead is not None and self.facts.ended:
            self.ahead.task.cancel()

    async def returned(self) -> None:
        """Record the end after the application returned; Daphne may keep the connection open all the same."""
        if self.facts.ended:
            if is_shutdown(self.facts):
                # Uvicorn waits for its applications, so everything is written even without the lifespan.
                await current.stop()
            return
        try:
            await self.look()
        except asyncio.CancelledError:
            self.facts.returned = True
            self.end()
            raise
        self.facts.returned = True
        if self.facts.accepted and not self.facts.close_sent and self.witness.keeps_zombies:
            self.start_reading()
        else:
            self.end()

    async def raised(self, error: Exception) -> None:
        """Record the end after the application raised, unless the client had left before."""
        try:
            await self.look()
        finally:
            self.facts.raised = True
            channels_hooks.note_error(self.facts, error)
            self.end()

    def cancelled(self) -> None:
        """Record the end after the server cancelled the application; nothing may be awaited any more."""
        self.facts.cancelled = True
        self.end()

    def record_handshake(self) -> None:
        """Record a handshake that has not been answered yet, so that it outlives this process."""
        if not self.handshake_recorded:
            self.handshake_recorded = True
            self.recorder.handshake(self.facts)

    def end(self) -> None:
        """Decide and record the end; a second call does nothing."""
        if not self.facts.ended:
            self.facts.ended_at = self.facts.now()
            self.record_end()

    def record_end(self) -> None:
        """Record why the connection ended; nothing is awaited between the decision and the record."""
        facts, recorder = self.facts, self.recorder
        self.sockets.discard(self)
        facts.stopping = self.sockets.stopping
        facts.evidence = recorder.guard(self.witness.testify, facts) or facts.evidence
        channels_hooks.note_user(facts)
        verdict = recorder.guard(classify, facts, conf.get("SILENCE_SECONDS"))
        if verdict is not None:
            recorder.ended(facts, verdict)
        facts.route.scope = facts.handshake.server_scope = None


def payload_size(message: Message) -> int:
    """Return the bytes of a message's payload, before compression."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
