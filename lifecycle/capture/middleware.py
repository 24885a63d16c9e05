"""LifecycleMiddleware: watches one socket from its handshake to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from lifecycle import startup
from lifecycle.capture import channels_hooks
from lifecycle.capture.handshake import facts_from
from lifecycle.capture.read_ahead import ReadAhead
from lifecycle.capture.witnesses import Witness, witness_of
from lifecycle.record.recorder import Recorder
from lifecycle.server import process
from lifecycle.verdict.causes import is_shutdown
from lifecycle.verdict.close_codes import recordable
from lifecycle.verdict.facts import Facts

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[Any]]


class LifecycleMiddleware:
    """ASGI middleware around everything that a WebSocket meets: origin check, session, router, consumer.

    Outermost, because only what stands outside sees every end: a consumer's ``disconnect()`` is not called when
    the consumer raises, is cancelled, or was refused before it ran.
    """

    def __init__(self, app: Application) -> None:
        """Watch the sockets of an ASGI application."""
        self.app = app
        channels_hooks.install()
        startup.prepare()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> Any:  # noqa: ANN401
        """Serve one connection; what the client sees is what it would see without this middleware."""
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        recorder = process.recorder()
        facts = recorder.guard(facts_from, scope) if recorder else None
        if recorder is None or facts is None:
            return await self.app(scope, receive, send)
        socket = WatchedSocket(facts, recorder, receive, send)
        try:
            result = await self.app({**scope, "lifecycle": facts}, socket.receive, socket.send)
        except Exception as error:
            await socket.raised(error)
            raise
        except BaseException:
            socket.cancelled()
            raise
        else:
            await socket.returned()
            return result
        finally:
            socket.leave()


class WatchedSocket:
    """One socket: notes what passes, and decides exactly once how it ended."""

    __slots__ = ("ahead", "busy", "facts", "recorder", "server_receive", "server_send", "witness")

    def __init__(self, facts: Facts, recorder: Recorder, receive: Receive, send: Send) -> None:
        """Stand between the server's ``receive`` and ``send`` and the application."""
        self.facts = facts
        self.recorder = recorder
        #: The sockets whose applications are not reading.
        self.busy = recorder.busy
        self.server_receive = receive
        self.server_send = send
        self.witness: Witness = witness_of(send)
        self.ahead: ReadAhead | None = None
        facts.server = self.witness.server
        recorder.sockets[facts.id] = self
        self.busy.add(self)

    async def receive(self) -> Message:
        """Hand the application its next message; what was read ahead comes first."""
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
        """Read on, since the application has been busy; a handshake that takes so long is recorded as it is."""
        if not self.facts.accepted:
            self.recorder.waiting(self.facts)
        self.start_reading()

    def start_reading(self) -> None:
        """Read the server in a task of its own."""
        if self.ahead is None and not self.facts.received_end:
            self.ahead = ReadAhead(self.server_receive, self.received)
        self.busy.pop(self, None)

    async def look(self) -> None:
        """Take in a disconnect that is already waiting, so that it is known who closed first."""
        if self in self.busy:
            self.start_reading()
        await asyncio.sleep(0)

    def received(self, message: Message) -> None:
        """Note a message at the moment it arrives."""
        facts = self.facts
        if message["type"] == "websocket.receive":
            facts.last_received_at = facts.now()
            self.recorder.message_in(facts, payload_size(message))
        elif message["type"] == "websocket.disconnect" and not facts.received_end:
            facts.received_end = True
            facts.received_code = message.get("code")
            facts.received_reason = message.get("reason")
            self.finish()

    async def send(self, message: Message) -> None:
        """Pass the application's message to the server, and note it once the server took it."""
        kind = message.get("type")
        if kind == "websocket.send":
            await self.server_send(message)
            self.facts.last_sent_at = self.facts.now()
            self.recorder.message_out(self.facts, payload_size(message))
        elif kind == "websocket.accept":
            await self.accept(message)
        elif kind in {"websocket.close", "websocket.http.response.start"}:
            await self.close(message)
        else:
            await self.server_send(message)

    async def accept(self, message: Message) -> None:
        """Pass an accept on; it opens the socket only where the peer is still there."""
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
        if facts.ended:
            self.recorder.accepted_late(self)
        else:
            self.recorder.accepted(facts)

    async def close(self, message: Message) -> None:
        """Pass a close on, and note whether it was the first word of an end or a refusal.

        The end is recorded when the server took the close, not when the peer answered: a process that is killed in
        between has ended this connection itself.
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
        self.finish()

    def leave(self) -> None:
        """Stop to read once the application is gone, unless the server holds its socket open."""
        self.busy.pop(self, None)
        if self.ahead is not None and self.facts.ended:
            self.ahead.task.cancel()

    async def returned(self) -> None:
        """Record the end of an application that returned; Daphne may hold its socket open all the same."""
        if self.facts.ended:
            if is_shutdown(self.facts):
                # Uvicorn waits for its applications: even without the lifespan everything is written.
                await process.stop()
            return
        try:
            await self.look()
        except asyncio.CancelledError:
            self.facts.returned = True
            self.finish()
            raise
        self.facts.returned = True
        if self.facts.accepted and not self.facts.close_sent and self.witness.keeps_zombies:
            self.start_reading()
        else:
            self.finish()

    async def raised(self, error: Exception) -> None:
        """Record the end of an application that raised, unless its client had left before."""
        try:
            await self.look()
        finally:
            self.facts.raised = True
            self.facts.unroutable = channels_hooks.is_unroutable(self.facts, error)
            self.finish()

    def cancelled(self) -> None:
        """Record the end of an application that the server takes down: nothing may be awaited any more."""
        self.facts.cancelled = True
        self.finish()

    def finish(self) -> None:
        """Decide and record the end; nothing is awaited in between, and a second call does nothing."""
        if not self.facts.ended:
            self.facts.ended_at = self.facts.now()
            self.recorder.ended(self)


def payload_size(message: Message) -> int:
    """Return the bytes of a message's payload on the wire, uncompressed."""
    text = message.get("text")
    if text is None:
        return len(message.get("bytes") or b"")
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
