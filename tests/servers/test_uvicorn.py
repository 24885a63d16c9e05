"""Uvicorn's three implementations of the WebSocket protocol: what only their own witnesses know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.application import BUSY_SECONDS
from tests.integration.raw_socket import ABNORMAL, Opcode, connected, refused_status
from tests.integration.rows import End, end_of, unique
from tests.integration.servers import copy_of
from tests.servers.fleet import PING_SECONDS, FleetServer

pytestmark = pytest.mark.slow
IMPLEMENTATIONS = ["Uvicorn", "Uvicorn --ws websockets", "Uvicorn --ws wsproto"]
#: Bytes; Uvicorn's limit is 16 MiB.
TOO_BIG = 16 * 1024 * 1024 + 1
ILLEGAL_CODES = [999, 1005, 1006, 1015, 5000, 0]


@pytest.fixture(scope="module", params=IMPLEMENTATIONS)
def uvicorn(
    request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetServer]:
    """Serve the test application with each implementation in turn."""
    with FleetServer(request.param, copy_of(blank, tmp_path_factory.mktemp("uvicorn") / "data")) as server:
        yield server
        assert server.complaints() == []


def on_the_wire(server: FleetServer, code: int) -> int:
    """Return the code that the client sees after a violation; with wsproto, Uvicorn drops the connection."""
    return ABNORMAL if server.software.endswith("wsproto") else code


@pytest.mark.parametrize("code", ILLEGAL_CODES)
async def test_illegal_close_code__is_a_protocol_error(uvicorn: FleetServer, code: int) -> None:
    async with connected(uvicorn.port, unique("echo")) as socket:
        await socket.send_close(code, "why")
        seen = await socket.seen()
    row = await uvicorn.rows.ended(socket.path)
    assert seen == on_the_wire(uvicorn, 1002)
    assert (row["cause"], row["close_code"], row["exact"]) == ("protocol_error", seen, True)


VIOLATIONS = {
    "bad UTF-8": (1007, {"opcode": Opcode.TEXT, "payload": b"\xc3\x28"}),
    "unmasked": (1002, {"opcode": Opcode.TEXT, "payload": b"hello", "masked": False}),
    "unknown opcode": (1002, {"opcode": 5, "payload": b""}),
    "close frame of one byte": (1002, {"opcode": Opcode.CLOSE, "payload": b"\x03"}),
}


@pytest.mark.parametrize(("code", "frame"), VIOLATIONS.values(), ids=VIOLATIONS)
async def test_violation__is_a_protocol_error_with_the_code_on_the_wire(
    uvicorn: FleetServer, code: int, frame: dict
) -> None:
    async with connected(uvicorn.port, unique("echo")) as socket:
        await socket.send_frame(**frame)
        seen = await socket.seen()
    row = await uvicorn.rows.ended(socket.path)
    assert seen == on_the_wire(uvicorn, code)
    assert (row["cause"], row["close_code"], row["exact"]) == ("protocol_error", seen, True)


async def test_message_over_the_limit__is_a_protocol_error(uvicorn: FleetServer) -> None:
    async with connected(uvicorn.port, unique("echo")) as socket:
        # wsproto counts the bytes that arrive. The others read only the frame's header and reset the connection
        # if more arrives.
        payload = bytes(TOO_BIG) if uvicorn.software.endswith("wsproto") else b""
        await socket.send_frame(Opcode.BINARY, payload, size=TOO_BIG)
        seen = await socket.seen()
    row = await uvicorn.rows.ended(socket.path)
    assert seen == 1009
    assert (row["cause"], row["close_code"], row["exact"]) == ("protocol_error", 1009, True)


async def test_ping_timeout__is_heartbeat_lost_and_not_exact(uvicorn: FleetServer) -> None:
    async with connected(uvicorn.port, unique("echo")) as socket:
        await asyncio.sleep(2 * PING_SECONDS)
        row = await uvicorn.rows.ended(socket.path)
    assert end_of(row) == End("heartbeat_lost", "network", ABNORMAL, exact=False)


async def test_client_close_while_the_handler_is_busy__came_first(uvicorn: FleetServer) -> None:
    async with connected(uvicorn.port, unique("busy")) as socket:
        asked = time.time()
        assert await socket.ask_for("work") == "busy"
        await socket.close(4001, "tired")
    row = await uvicorn.rows.ended(socket.path)
    assert end_of(row) == End("client_application", "client", 4001, "tired")
    assert row["closed_at"].timestamp() < asked + BUSY_SECONDS


@pytest.mark.parametrize("echo", [4002, 4999], ids=["echoed", "echoed-with-another-code"])
async def test_server_close_after_a_busy_handler__came_first(uvicorn: FleetServer, echo: int) -> None:
    async with connected(uvicorn.port, unique("busy")) as socket:
        await socket.send("work")
        assert await socket.seen(echo=echo) == 4002
    row = await uvicorn.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 4002)


async def test_client_close_1012__is_not_a_shutdown(uvicorn: FleetServer) -> None:
    async with connected(uvicorn.port, unique("echo")) as socket:
        await socket.close(1012, "mine")
    row = await uvicorn.rows.ended(socket.path)
    assert end_of(row) == End("client_application", "client", 1012, "mine")


@pytest.mark.parametrize("software", IMPLEMENTATIONS)
async def test_stop__in_the_middle_of_a_handshake_is_a_shutdown(
    blank: Path, tmp_path: Path, software: str
) -> None:
    with FleetServer(software, copy_of(blank, tmp_path / "data")) as server:
        path = unique("never_accepts")
        refusal = asyncio.create_task(refused_status(server.port, path))
        await server.rows.one(path, "open")
        await asyncio.to_thread(server.stop)
        assert await refusal in {500, None}
        row = await server.rows.ended(path)
    assert (row["state"], row["cause"]) == ("rejected", "server_shutdown")
