"""The consumer of the status socket, on which a page reports its status and the end of its last connection."""

from __future__ import annotations

import json
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext as _

from lifecycle import conf
from lifecycle.asgi_types import Receive, Scope, Send
from lifecycle.record.recorder import Recorder
from lifecycle.server import current
from lifecycle.status.allowance import RATE, Allowance
from lifecycle.status.fields import BadFrame
from lifecycle.status.frames import SUBPROTOCOL, Echo, Frame, Hello, Ping, Status, parse_frame
from lifecycle.status.reports import Reports
from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.facts import Facts

#: The number of bad frames after which the status socket is closed.
BAD_FRAMES = 10
#: The number of bytes that a client may leave unread; a page that lags behind by a minute leaves less than 1 KiB.
UNSENT_BYTES = 256 * 1024


class StatusConsumer(AsyncWebsocketConsumer):
    """Serves the status socket without a channel layer, so an outage of the layer does not affect it."""

    channel_layer_alias = "lifecycle-none"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one page; at the end, always record its last changes of state.

        ``disconnect`` would be too late: it is not called if the server cancels the application.
        """
        self.facts: Facts = scope.get("lifecycle") or Facts()
        self.reports = Reports()
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.record_last()

    async def connect(self) -> None:
        """Accept the connection; send its ID and the heartbeat interval to the client."""
        self.allowance = Allowance()
        self.bad_frames = 0
        self.closing = False
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.accept(SUBPROTOCOL if offered else None)
        if process := current.current():
            process.sockets.bound(self.facts.id, UNSENT_BYTES, self.record_last)
        heartbeat = conf.get("STATUS_HEARTBEAT_SECONDS")
        await self.say("welcome", connection=self.facts.id, heartbeat_s=heartbeat)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; the answer to an invalid frame is an ``error`` frame."""
        if self.closing:
            return
        if (process := current.current()) and process.sockets.unsent_bytes(self.facts.id) > UNSENT_BYTES:
            self.closing = True
            process.sockets.drop(self.facts.id)
            return
        try:
            if not self.allowance.take():
                raise BadFrame("rate_limited", _("Send at most %d frames a second.") % RATE)
            await self.answer(parse_frame(text_data, bytes_data))
        except BadFrame as error:
            await self.refuse(error)

    def record_last(self) -> None:
        """Record the last changes of state that were not recorded at once."""
        if recorder := recorder_of():
            for at, columns in self.reports.at_the_end():
                recorder.reported(self.facts, "status", at=at, **columns)

    async def answer(self, frame: Frame) -> None:
        """Handle one parsed frame."""
        match frame:
            case Ping(n=n, rtt_ms=rtt_ms):
                self.note_round_trip(rtt_ms)
                await self.say("pong", n=n)
            case Echo(text=text):
                await self.say("received", text=text)
            case Hello():
                await self.greet(frame)
            case Status(state=state, note=note):
                self.report("status", state=state, note=note)

    async def refuse(self, error: BadFrame) -> None:
        """Send an ``error`` frame; close the connection after ``BAD_FRAMES`` of them."""
        self.bad_frames += 1
        await self.say("error", code=error.code, detail=error.detail)
        if self.bad_frames >= BAD_FRAMES:
            self.closing = True
            await self.close(CloseCode.TOO_MANY_BAD_FRAMES.value, "too many bad frames")

    async def greet(self, hello: Hello) -> None:
        """Record the page's tab, and the end of its previous connection as the page reports it.

        Raises ``BadFrame`` if the page names this connection as its previous one.
        """
        if hello.previous is not None and str(hello.previous.connection) == self.facts.id:
            raise BadFrame("bad_field", _("connection must be an earlier connection, not this one."))
        self.facts.page = self.facts.page._replace(tab_id=hello.tab)
        if self.facts.ended and (recorder := recorder_of()):
            recorder.guard(recorder.recent.set_tab, self.facts)
        previous = hello.previous
        if previous is None:
            self.report("hello", page=hello.page)
            return
        first = self.facts.page.previous_id is None
        self.facts.page = self.facts.page._replace(previous_id=str(previous.connection))
        if first and (recorder := recorder_of()):
            recorder.guard(recorder.tally.client_close, self.facts.route.endpoint, previous.code, previous.clean)
        self.report(
            "hello",
            page=hello.page,
            previous_id=self.facts.page.previous_id,
            previous_code=previous.code,
            previous_reason=previous.reason,
            previous_clean=previous.clean,
            offline_ms=previous.offline_ms,
        )
        await self.tell_verdict(hello)

    async def tell_verdict(self, hello: Hello) -> None:
        """Send the cause of the end of the page's previous connection, if this process recorded it recently."""
        recorder = recorder_of()
        end = recorder.recent.find(self.facts.page.previous_id) if recorder else None
        if end and end["tab_id"] == hello.tab:
            text = _("The server recorded this cause for your last close: %(cause)s.") % {"cause": end["cause"]}
            await self.say("notice", text=text)

    def note_round_trip(self, rtt_ms: float | None) -> None:
        """Record the round-trip time that the client measured, if its ping contained one."""
        if rtt_ms is None:
            return
        self.facts.page = self.facts.page._replace(rtt_ms=rtt_ms)
        if recorder := recorder_of():
            recorder.guard(recorder.tally.round_trip, self.facts.route.endpoint, rtt_ms / 1000)

    def report(self, kind: str, **columns: Any) -> None:  # noqa: ANN401 - columns of any type
        """Record a report from the client page, unless it adds nothing; ``columns`` belong to ``ClientReport``."""
        if (recorder := recorder_of()) and self.reports.take(kind, columns, time.time()):
            recorder.reported(self.facts, kind, **columns)

    async def say(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Send a frame of type ``kind``."""
        await self.send(json.dumps({"type": kind, **fields}, separators=(",", ":"), ensure_ascii=False))


def recorder_of() -> Recorder | None:
    """Return this process's recorder, or ``None`` if nothing is recorded."""
    process = current.current()
    return process.recorder if process else None
