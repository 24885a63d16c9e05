"""One watched socket: observes every message between the server and the application."""

from __future__ import annotations

import asyncio

from lifecycle import startup
from lifecycle.asgi_types import Message, Receive, Send
from lifecycle.capture import channels_hooks
from lifecycle.capture.find_server import find_witness
from lifecycle.capture.read_ahead import ReadAhead
from lifecycle.capture.recorded_socket import RecordedSocket
from lifecycle.record.recorder import Recorder
from lifecycle.server import current
from lifecycle.server.sockets import Sockets
from lifecycle.verdict.classify import is_shutdown
from lifecycle.verdict.close_codes import recordable
from lifecycle.verdict.facts import Facts


class WatchedSocket(RecordedSocket):
    """Wraps the server's ``receive`` and ``send`` for the application."""

    __slots__ = ("ahead", "busy", "server_receive", "server_send")

    def __init__(self, facts: Facts, sockets: Sockets, recorder: Recorder, receive: Receive, send: Send) -> None:
        super().__init__(facts, sockets, recorder, find_witness(receive, send))
        #: The sockets whose applications are not waiting for a message.
        self.busy = sockets.busy
        self.server_receive = receive
        self.server_send = send
        self.ahead: ReadAhead | None = None
        sockets.add(self)

    async def receive(self) -> Message:
        """Return the next message for the application; messages that were read ahead come first."""
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

    def read_ahead(self) -> None:
        """Start to read ahead of a busy application; record the handshake if it is still unanswered."""
        if not self.facts.accepted:
            self.record_handshake()
        self.start_reading()

    def start_reading(self) -> None:
        """Start a task that reads from the server, unless such a task is running or the end has been received.

        Do not start the task unless the server is known to tolerate a pending ``receive()``.
        """
        if self.ahead is None and not self.facts.received_end and self.witness.tolerates_pending_receive:
            self.ahead = ReadAhead(self.server_receive, self.received)
        self.busy.pop(self, None)

    async def look(self) -> None:
        """Read a disconnect that is already waiting, because then the client closed first.

        This is only done on servers that tolerate a pending ``receive()``: the call stays pending if no message is
        waiting.
        """
        if self in self.busy:
            self.start_reading()
        await asyncio.sleep(0)

    def received(self, message: Message) -> None:
        """Handle a message that has arrived from the server: count it, or record the end if it is a disconnect."""
        facts = self.facts
        if message["type"] == "websocket.receive":
            self.count_received(payload_size(message))
        elif message["type"] == "websocket.disconnect" and not facts.received_end:
            if facts.close_refused and not self.witness.is_closing():
                # Uvicorn reports a disconnect with the code that it has just refused to send.
                return
            facts.received_end = True
            facts.received_code = message.get("code")
            facts.received_reason = message.get("reason")
            self.end()

    async def send(self, message: Message) -> None:
        """Pass a message of the application to the server; count it once the server has taken it."""
        kind = message.get("type")
        if kind == "websocket.send":
            await self.server_send(message)
            self.count_sent(payload_size(message))
        elif kind == "websocket.accept":
            await self.accept(message)
        elif kind in {"websocket.close", "websocket.http.response.start"}:
            await self.close(message)
        else:
            await self.server_send(message)

    async def accept(self, message: Message) -> None:
        """Pass an accept message to the server; record the connection as open if the server has opened it."""
        facts, witness = self.facts, self.witness
        gone = witness.gone()
        facts.accept_failed = True
        try:
            await self.server_send(message)
        except OSError:  # such as Uvicorn's ClientDisconnected
            raise
        except Exception:
            facts.accept_refused = True
            raise
        if witness.opens_later:
            await witness.wait_for_answer()
        too_late = facts.ended and not facts.stopping
        if gone or too_late or facts.received_end or facts.accepted:
            return
        if not witness.is_open():
            facts.accept_refused = witness.refused_accept()
            return
        facts.accept_failed = False
        self.record_accept(message.get("subprotocol") or "")

    async def close(self, message: Message) -> None:
        """Pass a close to the server; record it as the end of the connection or as the refusal of the handshake.

        The end is recorded as soon as the server has taken the close, before the client answers. So the record is
        right even if the process is killed before the answer arrives.
        """
        facts = self.facts
        await self.look()
        if not facts.ended and not facts.close_sent:
            facts.sent_code = recordable(message.get("code", 1000 if facts.accepted else None))
            facts.sent_reason = message.get("reason")
        try:
            await self.server_send(message)
        except OSError:  # such as Uvicorn's ClientDisconnected
            raise
        except Exception:
            facts.close_refused = True
            raise
        if facts.ended:
            return
        facts.close_sent = facts.accepted
        facts.refused = not facts.accepted
        self.end()

    def leave(self) -> None:
        """Stop reading ahead once the application has finished, unless the server keeps the connection open."""
        self.busy.pop(self, None)
        if self.ahead is None:
            return
        if self.facts.ended and not self.facts.stopping:
            self.ahead.task.cancel()
        else:
            self.ahead.discard()

    async def returned(self) -> None:
        """Record the end after the application returned, unless the server keeps the connection open."""
        if self.facts.ended:
            # The end of one connection is no proof: an application outside the middleware can close with 1012.
            if is_shutdown(self.facts) and startup.uvicorn_is_stopping():
                # Uvicorn waits for its applications, so this writes all events even without a lifespan.
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
            self.record_application_end()
            self.start_reading()
        else:
            self.end()

    async def raised(self, error: Exception) -> None:
        """Record the end after the application raised an exception, unless the client had already left."""
        try:
            await self.look()
        finally:
            self.facts.raised = True
            channels_hooks.note_error(self.facts, error)
            self.end()

    def cancelled(self) -> None:
        """Record the end after the server cancelled the application; nothing may be awaited after that.

        Daphne cancels its applications when it stops, but keeps the connections open until the process ends. So a
        client may still close its connection.
        """
        self.facts.cancelled = True
        self.end()
        if self.facts.stopping and self.facts.accepted and self.witness.keeps_zombies:
            self.start_reading()


def payload_size(message: Message) -> int:
    """Return the size of a message's payload in bytes, before compression."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
