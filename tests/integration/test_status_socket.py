"""The status socket on a real server: its protocol, its answers to bad input, and what lands in the rows."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import Opcode, RawSocket, connected
from tests.integration.rows import End, Row, end_of
from tests.integration.servers import MONITOR, Server, copy_of

pytestmark = pytest.mark.slow

PATH = "/ws/status/"
ECHO = '{"type":"echo","text":"still here"}'
PREVIOUS = {"code": 1006, "reason": "", "clean": False, "offline_ms": 3200}


@pytest.fixture(scope="module")
def server(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the monitor's own project with Daphne."""
    folder = tmp_path_factory.mktemp("status") / "data"
    with Server("daphne", copy_of(blank, folder), application=MONITOR) as one:
        yield one
        assert one.complaints() == []


class Page:
    """A client page on the status socket."""

    def __init__(self, server: Server, socket: RawSocket, connection: uuid.UUID) -> None:
        self.server = server
        self.socket = socket
        self.id = connection

    async def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        return json.loads((await self.socket.receive()).text)

    async def say(self, **fields: object) -> None:
        """Send one frame."""
        await self.socket.send(json.dumps(fields))

    async def ask(self, **fields: object) -> dict[str, Any]:
        """Send one frame and return the answer."""
        await self.say(**fields)
        return await self.hear()

    async def greet(self, tab: str, **fields: object) -> None:
        """Send a hello, and skip the answers to it, which come before the pong."""
        await self.say(type="hello", v=1, tab=tab, page="/", **fields)
        await self.say(type="ping", n=0)
        while (await self.hear())["type"] != "pong":
            pass

    async def row(self) -> Row:
        """Return the row of this page's connection once it has ended."""
        return await self.server.rows.ended_with_id(self.id)


@asynccontextmanager
async def page(server: Server) -> AsyncIterator[Page]:
    """Yield a page that is connected and was welcomed."""
    async with connected(server.port, PATH) as socket:
        welcome = json.loads((await socket.receive()).text)
        assert welcome["type"] == "welcome"
        yield Page(server, socket, uuid.UUID(welcome["connection"]))


async def test_welcome__names_the_row_of_the_connection(server: Server) -> None:
    async with page(server) as one:
        await one.socket.close(1000)
    row = await one.row()
    assert (row["id"], row["endpoint"], row["path"]) == (one.id, "ws/status/", PATH)
    assert end_of(row) == End("client_normal", "client", 1000)


async def test_subprotocol__is_accepted_if_it_is_offered(server: Server) -> None:
    async with connected(server.port, PATH, {"Sec-WebSocket-Protocol": "lifecycle.v1"}) as socket:
        connection = uuid.UUID(json.loads((await socket.receive()).text)["connection"])
        await socket.close(1000)
    assert (await server.rows.ended_with_id(connection))["subprotocol"] == "lifecycle.v1"


async def test_echo__is_received(server: Server) -> None:
    async with page(server) as one:
        assert await one.ask(type="echo", text="grüße ☃") == {"type": "received", "text": "grüße ☃"}


async def test_ping__gets_its_pong_and_leaves_the_round_trip_in_the_row(server: Server) -> None:
    async with page(server) as one:
        assert await one.ask(type="ping", n=1) == {"type": "pong", "n": 1}
        assert await one.ask(type="ping", n=2, rtt_ms=12.5) == {"type": "pong", "n": 2}
        await one.socket.close(1000)
    assert (await one.row())["rtt_ms"] == 12.5


async def test_status__is_reported_for_its_connection(server: Server) -> None:
    async with page(server) as one:
        await one.greet("tab-of-status")
        await one.say(type="status", state="hidden", note="in another tab")
        await one.socket.close(1000)
    await one.row()
    reports = server.rows.select(
        "SELECT kind, page, state, note FROM lifecycle_clientreport WHERE connection_id = ? ORDER BY at",
        one.id.hex,
    )
    assert [tuple(report.values()) for report in reports] == [
        ("hello", "/", "", ""),
        ("status", "", "hidden", "in another tab"),
    ]


BAD_FRAMES = {
    "broken-json": (Opcode.TEXT, b'{"type":', "bad_json"),
    "deep-json": (Opcode.TEXT, b"[" * 4000, "bad_json"),
    "not-a-number": (Opcode.TEXT, b'{"type":"ping","n":NaN}', "bad_json"),
    "a-list": (Opcode.TEXT, b"[1,2,3]", "bad_message"),
    "no-type": (Opcode.TEXT, b"{}", "bad_message"),
    "unknown-type": (Opcode.TEXT, b'{"type":"teapot"}', "unknown_type"),
    "wrong-type-of-n": (Opcode.TEXT, b'{"type":"ping","n":"one"}', "bad_field"),
    "wrong-type-of-text": (Opcode.TEXT, b'{"type":"echo","text":17}', "bad_field"),
    "wrong-type-of-previous": (
        Opcode.TEXT,
        b'{"type":"hello","v":1,"tab":"t","page":"/","previous":5}',
        "bad_field",
    ),
    "lone-surrogate": (Opcode.TEXT, rb'{"type":"echo","text":"\ud800"}', "bad_field"),
    "nul": (Opcode.TEXT, rb'{"type":"status","state":"hidden","note":"\u0000"}', "bad_field"),
    "binary": (Opcode.BINARY, b'{"type":"ping","n":1}', "not_text"),
    "4-KiB-and-one-byte": (Opcode.TEXT, b'{"type":"echo","text":"%b"}' % (b"a" * 4072), "too_large"),
    "1-MiB": (Opcode.TEXT, b"a" * 1024 * 1024, "too_large"),
}


@pytest.mark.parametrize(("opcode", "payload", "code"), BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_bad_frame__gets_its_error_and_nothing_else_is_lost(
    server: Server, opcode: Opcode, payload: bytes, code: str
) -> None:
    async with page(server) as one:
        await one.socket.send_frame(opcode, payload)
        answer = await one.hear()
        assert (answer["type"], answer["code"]) == ("error", code)
        assert answer["detail"]
        assert json.loads(await one.socket.ask_for(ECHO)) == {"type": "received", "text": "still here"}
        await one.socket.close(1000)
    row = await one.row()
    assert end_of(row).cause == "client_normal"
    assert (row["messages_in"], row["bytes_in"]) == (2, len(payload) + len(ECHO))


async def test_frame_of_4_kib__is_accepted(server: Server) -> None:
    async with page(server) as one:
        text = "a" * (4096 - len('{"type": "echo", "text": ""}'))
        assert await one.ask(type="echo", text=text) == {"type": "received", "text": text}


async def test_tenth_bad_frame__closes_with_4400_and_disturbs_no_other_socket(server: Server) -> None:
    async with page(server) as other, page(server) as one:
        answers = [await one.ask(type="teapot") for _ in range(10)]
        assert {answer["code"] for answer in answers} == {"unknown_type"}
        assert await one.socket.seen(echo=4400) == 4400
        assert await other.ask(type="echo", text="me too?") == {"type": "received", "text": "me too?"}
        await other.socket.close(1000)
    row = await one.row()
    # Daphne's close carries no reason.
    assert end_of(row) == End("server_application", "server", 4400)
    assert (row["sent_code"], row["sent_reason"]) == (4400, "too many bad frames")
    assert end_of(await other.row()) == End("client_normal", "client", 1000)


async def test_nine_bad_frames__are_forgiven(server: Server) -> None:
    async with page(server) as one:
        for _ in range(9):
            await one.ask(type="teapot")
        assert await one.ask(type="ping", n=1) == {"type": "pong", "n": 1}


async def test_message_over_the_servers_limit__is_the_clients_protocol_error(server: Server) -> None:
    async with page(server) as one:
        await one.socket.send_frame(Opcode.TEXT, b"a" * (1024 * 1024 + 1))
        await one.socket.seen()
    assert end_of(await one.row()).cause == "protocol_error"


async def lost_page(server: Server, tab: str) -> Page:
    """Return a page whose connection was reset."""
    async with page(server) as one:
        await one.greet(tab)
        one.socket.reset()
    await one.row()
    return one


async def test_hello_with_previous__lands_in_the_row_of_the_connection_that_it_speaks_of(server: Server) -> None:
    tab = uuid.uuid4().hex
    lost = await lost_page(server, tab)
    async with page(server) as back:
        await back.greet(tab, previous={"connection": str(lost.id), **PREVIOUS})
        await back.socket.close(1000)
    after, before = await back.row(), await lost.row()
    assert (after["previous_id"], after["tab_id"]) == (lost.id, tab)
    told = [before[name] for name in ("client_close_code", "client_was_clean", "client_offline_ms")]
    assert told == [1006, False, 3200]
    # The client's report does not change what the server saw.
    assert end_of(before) == End("network_lost", "network", 1006)
    assert before["tab_id"] == tab


async def test_hello_of_another_tab__does_not_touch_the_row_that_it_speaks_of(server: Server) -> None:
    lost = await lost_page(server, tab := uuid.uuid4().hex)
    async with page(server) as stranger:
        await stranger.greet("somebody-else", previous={"connection": str(lost.id), **PREVIOUS})
        await stranger.socket.close(1000)
    await stranger.row()
    before = await lost.row()
    told = [before[name] for name in ("client_close_code", "client_was_clean", "client_offline_ms")]
    assert told == [None, None, None]
    assert before["tab_id"] == tab


async def test_second_hello_about_the_same_connection__changes_nothing_of_the_first(server: Server) -> None:
    tab = uuid.uuid4().hex
    lost = await lost_page(server, tab)
    for previous in (PREVIOUS, {**PREVIOUS, "code": 1001, "clean": True}):
        async with page(server) as back:
            await back.greet(tab, previous={"connection": str(lost.id), **previous})
            await back.socket.close(1000)
        await back.row()
    assert (await lost.row())["client_close_code"] == 1006


async def test_hello_about_an_unknown_connection__is_taken_and_points_to_it(server: Server) -> None:
    unknown = uuid.uuid4()
    async with page(server) as back:
        await back.greet("tab-of-unknown", previous={"connection": str(unknown), **PREVIOUS})
        await back.socket.close(1000)
    assert (await back.row())["previous_id"] == unknown


@pytest.mark.parametrize("software", ["daphne", "uvicorn"])
async def test_reports__last_states_are_recorded_if_the_server_stops(start: Start, software: str) -> None:
    server = start(software, application=MONITOR)
    async with connected(server.port, PATH) as socket:
        await socket.receive()
        for number in range(150):
            await socket.send(json.dumps({"type": "status", "state": f"s{number}"}))
        await socket.ask_for('{"type":"ping","n":1}')
        await asyncio.to_thread(server.stop)
    rows = server.rows.select("SELECT state FROM lifecycle_clientreport ORDER BY at")
    assert [row["state"] for row in rows][-3:] == ["s147", "s148", "s149"]
    assert len(rows) == 103
