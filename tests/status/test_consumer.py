"""Tests of the status consumer: its answers to frames, and its records of reports."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from lifecycle.capture import LifecycleMiddleware
from lifecycle.capture.socket import WatchedSocket
from lifecycle.server.process import Process
from lifecycle.status.allowance import Allowance
from lifecycle.status.consumer import BAD_FRAMES, UNSENT_BYTES, StatusConsumer
from lifecycle.status.frames import SUBPROTOCOL
from lifecycle.verdict.facts import new_id
from tests.asgi import ends, spooled
from tests.factories import make_facts

# Channels closes old database connections before it handles each message.
pytestmark = pytest.mark.django_db

HELLO = {"type": "hello", "v": 1, "tab": "tab-1", "page": "/"}
Open = Callable[..., Awaitable["Page"]]


class Page(WebsocketCommunicator):
    """A client page on its status socket."""

    def __init__(self, app: Any = None, subprotocols: tuple[str, ...] = ()) -> None:  # noqa: ANN401
        """Connect to ``app``; by default, to the status consumer inside the middleware."""
        watched = LifecycleMiddleware(StatusConsumer.as_asgi()) if app is None else app
        super().__init__(watched, "/ws/status/", subprotocols=list(subprotocols))

    async def ask(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Send a frame and return the server's next frame."""
        await self.send_json_to(fields)
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        """Return the server's next frame."""
        return json.loads(await self.receive_from())


@pytest.fixture
async def open_page(recording: Process) -> AsyncIterator[Open]:
    """Return a function that opens a page and receives its ``welcome`` frame."""
    pages: list[Page] = []

    async def open_page(**arguments: Any) -> Page:  # noqa: ANN401 - as Page
        page = Page(**arguments)
        pages.append(page)
        assert (await page.connect())[0]
        page.welcome = await page.answer()
        return page

    yield open_page
    for page in pages:
        await page.disconnect()


async def test_connect__sends_welcome_with_id_and_heartbeat(open_page: Open, recording: Process) -> None:
    page = await open_page()
    assert page.welcome == {
        "type": "welcome",
        "connection": spooled(recording)[0]["id"],
        "heartbeat_s": 15,
    }


async def test_connect__heartbeat_comes_from_the_settings(settings: Settings, open_page: Open) -> None:
    settings.LIFECYCLE = {"STATUS_HEARTBEAT_SECONDS": 3}
    assert (await open_page()).welcome["heartbeat_s"] == 3


@pytest.mark.parametrize(
    ("offered", "selected"), [((), None), ((SUBPROTOCOL, "other"), SUBPROTOCOL), (("other",), None)]
)
async def test_connect__selects_its_subprotocol_if_offered(
    recording: Process, offered: tuple[str, ...], selected: str | None
) -> None:
    page = Page(subprotocols=offered)
    assert await page.connect() == (True, selected)
    await page.disconnect()


async def test_connect__works_without_the_middleware() -> None:
    page = Page(StatusConsumer.as_asgi())
    await page.connect()
    assert (await page.answer())["type"] == "welcome"
    assert await page.ask({"type": "ping", "n": 1, "rtt_ms": 5}) == {"type": "pong", "n": 1}
    await page.send_json_to(HELLO)
    assert await page.ask({"type": "echo", "text": "still here"}) == {"type": "received", "text": "still here"}
    await page.disconnect()


async def test_ping__pong_has_the_same_number(open_page: Open) -> None:
    assert await (await open_page()).ask({"type": "ping", "n": 7}) == {"type": "pong", "n": 7}


async def test_ping__round_trip_is_counted_and_recorded(open_page: Open, recording: Process) -> None:
    page = await open_page()
    await page.ask({"type": "ping", "n": 1})
    await page.ask({"type": "ping", "n": 2, "rtt_ms": 12.5})
    await page.ask({"type": "ping", "n": 3, "rtt_ms": 30})
    await page.disconnect(code=1000)
    round_trips = recording.recorder.tally.endpoints["unrouted"].round_trips
    assert (sum(round_trips.counts), round_trips.total) == (2, pytest.approx(0.0425))
    assert ends(recording)[0]["rtt_ms"] == 30


@pytest.mark.parametrize("text", ["hi", "", "ünï \N{GRINNING FACE}", "<b>&amp;</b>"])
async def test_echo__text_is_returned_unchanged(open_page: Open, text: str) -> None:
    assert await (await open_page()).ask({"type": "echo", "text": text}) == {"type": "received", "text": text}


async def test_status__is_recorded_as_a_report(open_page: Open, recording: Process) -> None:
    page = await open_page()
    await page.send_json_to(HELLO)
    await page.send_json_to({"type": "status", "state": "hidden", "note": "lunch"})
    await page.ask({"type": "ping", "n": 1})
    reports = [event for event in spooled(recording) if event["e"] == "report"]
    assert [(event["kind"], event["tab_id"]) for event in reports] == [("hello", "tab-1"), ("status", "tab-1")]
    assert (reports[0]["page"], reports[1]["state"], reports[1]["note"]) == ("/", "hidden", "lunch")


async def test_hello__records_the_end_of_the_previous_connection(open_page: Open, recording: Process) -> None:
    earlier = new_id()
    page = await open_page()
    previous = {"connection": earlier, "code": 1006, "reason": "", "clean": False, "offline_ms": 3200}
    await page.send_json_to({**HELLO, "previous": previous})
    await page.ask({"type": "ping", "n": 1})
    [report] = [event for event in spooled(recording) if event["e"] == "report"]
    assert (report["previous_id"], report["previous_code"], report["previous_clean"], report["offline_ms"]) == (
        earlier,
        1006,
        False,
        3200,
    )
    assert recording.recorder.tally.copy_client_closes() == {("1006", "false"): 1}
    await page.disconnect()
    assert (ends(recording)[0]["tab_id"], ends(recording)[0]["previous_id"]) == ("tab-1", earlier)


@pytest.mark.parametrize(("tab", "notified"), [("tab-1", True), ("tab-2", False)], ids=["same tab", "another tab"])
async def test_hello__is_answered_with_the_recorded_cause(open_page: Open, tab: str, notified: bool) -> None:
    first = await open_page()
    await first.send_json_to(HELLO)
    await first.ask({"type": "ping", "n": 1})
    await first.disconnect(code=4001)
    second = await open_page()
    previous = {"connection": first.welcome["connection"], "code": 4001, "reason": "", "clean": True}
    await second.send_json_to({**HELLO, "tab": tab, "previous": previous})
    await second.send_json_to({"type": "ping", "n": 1})
    answer = await second.answer()
    assert (answer["type"] == "notice") is notified
    # The tests have no ASGI server, so the record does not say who closed.
    assert ("your last close: unknown" in answer.get("text", "")) is notified


async def test_hello__tab_can_be_set_after_the_end(open_page: Open, recording: Process) -> None:
    first = await open_page()
    await first.disconnect(code=4001)
    recording.recorder.recent.set_tab(make_facts(id=first.welcome["connection"], tab_id="tab-1"))
    second = await open_page()
    previous = {"connection": first.welcome["connection"], "code": 4001, "reason": "", "clean": True}
    await second.send_json_to({**HELLO, "previous": previous})
    assert "your last close: unknown" in (await second.answer())["text"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "broken JSON": ({"text_data": "{"}, "bad_json"),
    "not an object": ({"text_data": "[]"}, "bad_message"),
    "unknown type": ({"text_data": '{"type": "dance"}'}, "unknown_type"),
    "wrong field": ({"text_data": '{"type": "ping", "n": "1"}'}, "bad_field"),
    "binary": ({"bytes_data": b"\x00"}, "not_text"),
    "too large": ({"text_data": json.dumps({"type": "echo", "text": "x" * 5000})}, "too_large"),
}


@pytest.mark.parametrize(("frame", "code"), BAD.values(), ids=BAD)
async def test_bad_frame__is_answered_and_the_connection_stays_open(
    open_page: Open, frame: dict[str, Any], code: str
) -> None:
    page = await open_page()
    await page.send_to(**frame)
    answer = await page.answer()
    assert (answer["type"], answer["code"]) == ("error", code)
    assert answer["detail"]
    assert await page.ask({"type": "ping", "n": 1}) == {"type": "pong", "n": 1}


async def test_bad_frame__tenth_closes_the_connection(open_page: Open, recording: Process) -> None:
    page = await open_page()
    for number in range(BAD_FRAMES):
        await page.send_to(text_data="{")
        assert (await page.answer())["code"] == "bad_json"
        await page.ask({"type": "ping", "n": 1}) if number < BAD_FRAMES - 1 else None
    assert await page.receive_output() == {
        "type": "websocket.close",
        "code": 4400,
        "reason": "too many bad frames",
    }
    await page.disconnect(code=4400)
    [end] = ends(recording)
    assert (end["cause"], end["initiator"], end["close_code"]) == ("server_application", "server", 4400)


async def test_bad_frame__no_answers_after_the_tenth(open_page: Open) -> None:
    page = await open_page()
    for _ in range(BAD_FRAMES + 3):
        await page.send_to(text_data="{")
    answers = [await page.answer() for _ in range(BAD_FRAMES)]
    assert [answer["type"] for answer in answers] == ["error"] * BAD_FRAMES
    assert (await page.receive_output())["type"] == "websocket.close"
    assert await page.receive_nothing(0.05)


async def test_rate_limit__is_an_error_frame(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await open_page()
    monkeypatch.setattr(Allowance, "take", lambda allowance: False)
    answer = await page.ask({"type": "ping", "n": 1})
    assert (answer["type"], answer["code"]) == ("error", "rate_limited")


@pytest.mark.parametrize("write", [str.lower, str.upper])
async def test_hello__connection_cannot_be_its_own_previous_one(
    open_page: Open, recording: Process, write: Callable[[str], str]
) -> None:
    page = await open_page()
    previous = {"connection": write(page.welcome["connection"]), "code": 1006, "reason": "", "clean": False}
    answer = await page.ask({**HELLO, "previous": previous})
    assert (answer["type"], answer["code"]) == ("error", "bad_field")
    await page.disconnect(code=1000)
    assert [event for event in spooled(recording) if event["e"] == "report"] == []
    assert (ends(recording)[0]["previous_id"], ends(recording)[0]["tab_id"]) == (None, "")


async def test_hello__repeated_counts_the_previous_end_once(open_page: Open, recording: Process) -> None:
    page = await open_page()
    previous = {"connection": new_id(), "code": 1006, "reason": "", "clean": False, "offline_ms": 10}
    for _ in range(3):
        await page.send_json_to({**HELLO, "previous": previous})
    await page.ask({"type": "ping", "n": 1})
    assert sum(recording.recorder.tally.client_closes.values()) == 1


def reports_of(recording: Process) -> list[dict[str, Any]]:
    """Return the reports in the spool."""
    return [event for event in spooled(recording) if event["e"] == "report"]


async def test_report__identical_one_is_not_recorded_again(open_page: Open, recording: Process) -> None:
    page = await open_page()
    for frame in (
        HELLO,
        HELLO,
        {"type": "status", "state": "hidden"},
        {"type": "status", "state": "hidden"},
        HELLO,
    ):
        await page.send_json_to(frame)
    await page.ask({"type": "ping", "n": 1})
    assert [event["kind"] for event in reports_of(recording)] == ["hello", "status"]


async def test_report__beyond_the_limit_the_last_states_are_recorded_at_the_end(
    open_page: Open, recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.status.reports.NUMBER", 2)
    page = await open_page()
    await page.send_json_to(HELLO)
    for number in range(9):
        await page.send_json_to({"type": "status", "state": f"s{number}"})
    await page.ask({"type": "ping", "n": 1})
    assert [event.get("state") for event in reports_of(recording)] == [None, "s0"]
    await page.disconnect()
    assert [event.get("state") for event in reports_of(recording)] == [None, "s0", "s6", "s7", "s8"]
    times = [event["at"] for event in reports_of(recording)]
    assert times == sorted(times)


async def test_client_that_does_not_read__is_dropped_and_ignored(
    open_page: Open, recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_page()
    monkeypatch.setattr(WatchedSocket, "unsent_bytes", lambda socket: UNSENT_BYTES)
    assert (await page.ask({"type": "echo", "text": "still here"}))["type"] == "received"
    monkeypatch.setattr(WatchedSocket, "unsent_bytes", lambda socket: UNSENT_BYTES + 1)
    await page.send_json_to({"type": "echo", "text": "too much"})
    await page.send_json_to({"type": "echo", "text": "ignored"})
    assert await page.receive_nothing()
    [end] = ends(recording)
    assert (end["cause"], end["sent_code"], end["sent_reason"]) == (
        "server_application",
        4408,
        "the client does not read",
    )


async def test_client_that_does_not_read__is_dropped_although_it_sends_no_message(
    open_page: Open, recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_page()
    recording.sockets.bounded.sweep()
    assert ends(recording) == []
    monkeypatch.setattr(WatchedSocket, "unsent_bytes", lambda socket: UNSENT_BYTES + 1)
    recording.sockets.bounded.sweep()
    [end] = ends(recording)
    assert (end["cause"], end["sent_code"]) == ("server_application", 4408)


async def open_with_late_states(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return a page after six changes of state, of which only the first was recorded at once."""
    monkeypatch.setattr("lifecycle.status.reports.NUMBER", 1)
    page = Page()
    await page.connect()
    await page.answer()
    for number in range(6):
        await page.send_json_to({"type": "status", "state": f"s{number}"})
    await page.ask({"type": "ping", "n": 1})
    return page


async def test_report__last_states_are_recorded_if_the_server_cancels_the_application(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_with_late_states(monkeypatch)
    page.future.cancel()
    with suppress(asyncio.CancelledError):
        await page.future
    assert [event["state"] for event in reports_of(recording)] == ["s0", "s3", "s4", "s5"]


async def test_report__last_states_are_recorded_once_if_the_process_stops(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_with_late_states(monkeypatch)
    recording.sockets.stop()
    assert [event["state"] for event in reports_of(recording)] == ["s0", "s3", "s4", "s5"]
    await page.disconnect()
    recording.sockets.stop()
    assert len(reports_of(recording)) == 4
