"""Frames that a client sends before the application has answered its handshake end only its own connection."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.raw_socket import Opcode, connected, knocking
from tests.integration.rows import End, end_of, unique
from tests.servers.conftest import Launch

pytestmark = pytest.mark.slow
EXPIRING = "tests.servers.unusual:expiring"
SOFTWARE = ["Uvicorn", "Uvicorn --ws websockets", "Uvicorn --ws wsproto", "Daphne"]
FRAMES = {"close": (Opcode.CLOSE, b"\x03\xe8"), "close-1012": (Opcode.CLOSE, b"\x03\xf4"), "bad": (5, b"")}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("software", SOFTWARE)
async def test_early_frame__does_not_end_the_record_of_other_connections(
    launch: Launch, software: str, frame: tuple[int, bytes]
) -> None:
    server = launch(software)
    async with connected(server.port, unique("echo")) as bystander:
        assert await bystander.ask_for("here?") == "here?"
        pongs = asyncio.create_task(bystander.seen())
        path = unique("never_accepts")
        async with knocking(server.port, path) as early:
            await server.rows.one(path, "open")
            await early.send_frame(*frame)
            early.writer.write_eof()
            row = await server.rows.ended(path)
        assert (row["state"], row["cause"]) in {("rejected", "abandoned"), ("rejected", "protocol_error")}
        assert [process["end"] for process in server.rows.processes()] == [""]
        async with connected(server.port, unique("echo")) as later:
            await later.close(4001)
        assert end_of(await server.rows.ended(later.path)).close_code == 4001
        assert (await server.rows.one(bystander.path, "open"))["cause"] == ""
        pongs.cancel()


@pytest.mark.parametrize("software", SOFTWARE[:3])
async def test_close_1012_by_an_outer_application__does_not_stop_the_record(launch: Launch, software: str) -> None:
    server = launch(software, application=EXPIRING, OUTER_CODE="1012")
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.seen(echo=1012) == 1012
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 1012, "session expired")
    async with connected(server.port, unique("echo")) as later:
        await later.close(4001)
    assert end_of(await server.rows.ended(later.path)).close_code == 4001
    assert [process["end"] for process in server.rows.processes()] == [""]


@pytest.mark.parametrize("software", SOFTWARE[:3])
async def test_sigterm__still_stops_the_record(launch: Launch, software: str) -> None:
    server = launch(software)
    async with connected(server.port, unique("echo")) as socket:
        await asyncio.to_thread(server.stop)
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_shutdown", "server", 1012)
    assert [process["end"] for process in server.rows.processes()] == ["stopped"]
