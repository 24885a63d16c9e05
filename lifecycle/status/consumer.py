"""StatusConsumer: the socket on which a client page reports its status, and its own side of each close."""

from __future__ import annotations

import json
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext as _

from lifecycle import conf
from lifecycle.record.recorder import Recorder
from lifecycle.server import current
from lifecycle.status.frames import BadFrame, Echo, Frame, Hello, Ping, Status, parse_frame
from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.facts import Facts

SUBPROTOCOL = "lifecycle.v1"
BAD_FRAMES = 10
#: Frames a second that a client may send in the long run, and at once.
RATE, BURST = 50.0, 200.0


class Allowance:
    """A token bucket: how many frames a client may still send."""

    __slots__ = ("at", "left")

    def __init__(self) -> None:
        """Begin full."""
        self.left, self.at = BURST, time.monotonic()

    def take(self) -> bool:
        """Take one; ``False`` where none is left."""
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * RATE)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class StatusConsumer(AsyncWebsocketConsumer):
    """Speaks the status protocol; uses no channel layer, so that the loss of one does not touch it."""

    channel_layer_alias = "lifecycle-none"

    async def connect(self) -> None:
        """Accept, and tell the client the id of its connection."""
        self.facts: Facts = self.scope.get("lifecycle") or Facts()
        self.allowance = Allowance()
        self.bad_frames = 0
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.accept(SUBPROTOCOL if offered else None)
        heartbeat = conf.get("STATUS_HEARTBEAT_SECONDS")
        await self.say("welcome", connection=self.facts.id, heartbeat_s=heartbeat)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer one frame; a bad one gets an error frame, and nothing else is lost."""
        if self.bad_frames >= BAD_FRAMES:
            return
        try:
            if not self.allowance.take():
                raise BadFrame("rate_limited", _("Send at most %d frames a second.") % RATE)
            await self.answer(parse_frame(text_data, bytes_data))
        except BadFrame as error:
            await self.refuse(error)

    async def answer(self, frame: Frame) -> None:
        """Do what a frame asks for."""
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
        """Say what was wrong with a frame; the tenth bad one ends the connection."""
        self.bad_frames += 1
        await self.say("error", code=error.code, detail=error.detail)
        if self.bad_frames >= BAD_FRAMES:
            await self.close(CloseCode.TOO_MANY_BAD_FRAMES.value, "too many bad frames")

    async def greet(self, hello: Hello) -> None:
        """Note whose connection this is, and what its last one could not say when it died."""
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
        """Tell a client how the server saw its last connection end, where this process remembers."""
        recorder = recorder_of()
        end = recorder.recent.find(self.facts.page.previous_id) if recorder else None
        if end and end["tab_id"] == hello.tab:
            text = _("Your last connection ended here as %(cause)s.") % {"cause": end["cause"]}
            await self.say("notice", text=text)

    def note_round_trip(self, rtt_ms: float | None) -> None:
        """Count the round trip of the client's last heartbeat."""
        if rtt_ms is None:
            return
        self.facts.page = self.facts.page._replace(rtt_ms=rtt_ms)
        if recorder := recorder_of():
            recorder.guard(recorder.tally.round_trip, self.facts.route.endpoint, rtt_ms / 1000)

    def report(self, kind: str, **said: object) -> None:
        """Record what the client said of itself."""
        if recorder := recorder_of():
            recorder.reported(self.facts, kind, **said)

    async def say(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Send one frame."""
        await self.send(json.dumps({"type": kind, **fields}, separators=(",", ":"), ensure_ascii=False))


def recorder_of() -> Recorder | None:
    """Return this process's recorder, or ``None`` if nothing is recorded."""
    process = current.current()
    return process.recorder if process else None
