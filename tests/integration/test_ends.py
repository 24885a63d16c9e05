"""Every kind of end of an open connection, made on a real server and read from its database."""

from __future__ import annotations

import time

import pytest

from tests.integration.application import BUSY_SECONDS
from tests.integration.raw_socket import ABNORMAL, Opcode, connected
from tests.integration.rows import End, end_of, unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

CLIENT_CLOSES = {
    "1000": (1000, "", End("client_normal", "client", 1000)),
    "1001": (1001, "", End("client_going_away", "client", 1001)),
    "4001-why": (4001, "why", End("client_application", "client", 4001, "why")),
    "3000": (3000, "sign in", End("client_application", "client", 3000, "sign in")),
    "no-code": (None, "", End("client_no_status", "client", 1005)),
}


@pytest.mark.parametrize(("code", "reason", "expected"), CLIENT_CLOSES.values(), ids=CLIENT_CLOSES)
async def test_client_close__is_the_clients_with_its_code_and_reason(
    server: Server, code: int | None, reason: str, expected: End
) -> None:
    async with connected(server.port, unique("echo")) as socket:
        await socket.close(code, reason)
    row = await server.rows.ended(socket.path)
    assert end_of(row) == expected
    assert (row["sent_code"], row["sent_reason"]) == (None, None)


async def test_client_close__stays_the_end_if_disconnect_raises(server: Server) -> None:
    async with connected(server.port, unique("raises_in_disconnect")) as socket:
        await socket.close(1000)
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("client_normal", "client", 1000)


async def test_reset__is_lost_in_the_network(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        socket.reset()
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("network_lost", "network", ABNORMAL)


async def test_fin_without_a_close_frame__is_lost_in_the_network(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        await socket.hang_up()
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("network_lost", "network", ABNORMAL)


@pytest.mark.parametrize("echo", [4002, 4999, None], ids=["echoed", "echoed-with-another-code", "not-echoed"])
async def test_server_close_4002__is_the_applications(server: Server, echo: int | None) -> None:
    async with connected(server.port, unique("closes")) as socket:
        await socket.send("4002 enough")
        assert await socket.seen(echo=echo) == 4002
        row = await server.rows.ended(socket.path)
    # Daphne's close carries no reason.
    reason = "enough" if server.software == "uvicorn" else ""
    assert end_of(row) == End("server_application", "server", 4002, reason)
    assert (row["sent_code"], row["sent_reason"]) == (4002, "enough")


async def test_server_close_1000__is_normal(server: Server) -> None:
    async with connected(server.port, unique("closes")) as socket:
        await socket.send("1000")
        assert await socket.seen(echo=1000) == 1000
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_normal", "server", 1000)
    assert row["sent_code"] == 1000


async def test_server_close_right_after_accept__is_the_applications(server: Server) -> None:
    async with connected(server.port, unique("closes_at_once")) as socket:
        assert await socket.seen(echo=4401) == 4401
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 4401)


async def test_server_close_1011__is_a_server_error_on_daphne_which_refuses_the_code(server: Server) -> None:
    cause = {"daphne": "server_error", "uvicorn": "server_application"}[server.software]
    async with connected(server.port, unique("closes")) as socket:
        await socket.send("1011")
        assert await socket.seen(echo=1011) == 1011
    row = await server.rows.settled(socket.path)
    assert end_of(row) == End(cause, "server", 1011)
    assert row["sent_code"] == 1011


async def test_raise_in_receive__is_a_server_error_with_the_code_that_the_client_saw(server: Server) -> None:
    async with connected(server.port, unique("raises_in_receive")) as socket:
        await socket.send("hello")
        seen = await socket.seen()
    row = await server.rows.settled(socket.path)
    assert end_of(row) == End("server_error", "server", seen)


async def test_raise_after_a_close__leaves_the_close_as_the_end(server: Server) -> None:
    async with connected(server.port, unique("closes_and_raises")) as socket:
        await socket.send("4002")
        assert await socket.seen(echo=4002) == 4002
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 4002)


@pytest.mark.parametrize("server", ["uvicorn"], indirect=True)
async def test_application_that_returns__on_uvicorn_drops_the_socket(server: Server) -> None:
    async with connected(server.port, unique("returns")) as socket:
        await socket.send("hello")
        assert await socket.seen() == ABNORMAL
    row = await server.rows.settled(socket.path)
    assert end_of(row) == End("server_error", "server", ABNORMAL)


@pytest.mark.parametrize("server", ["daphne"], indirect=True)
async def test_application_that_returns__on_daphne_leaves_the_end_to_the_client(server: Server) -> None:
    async with connected(server.port, unique("returns")) as socket:
        await socket.send("hello")
        # Rows are written in order: what came later is in the database, and this one is still open.
        async with connected(server.port, unique("echo")) as later:
            await later.close(1000)
        await server.rows.ended(later.path)
        still_open = await server.rows.one(socket.path, "open")
        await socket.close(4001, "tired of waiting")
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("client_application", "client", 4001, "tired of waiting")
    # The row says from the start that nobody answers the client.
    assert row["accepted_at"] <= row["application_ended_at"] < row["closed_at"]
    assert still_open["application_ended_at"] == row["application_ended_at"]


BROKEN_FRAMES = {
    "bad-utf-8": (1007, {"opcode": Opcode.TEXT, "payload": b"\xc3\x28"}),
    # Only the head is sent: it says more than either server takes.
    "over-the-limit": (1009, {"opcode": Opcode.BINARY, "payload": b"", "size": 16 * 1024 * 1024 + 1}),
    "unmasked": (1002, {"opcode": Opcode.TEXT, "payload": b"hello", "masked": False}),
    "close-code-1005": (1002, {"opcode": Opcode.CLOSE, "payload": (1005).to_bytes(2)}),
    "unknown-opcode": (1002, {"opcode": 5, "payload": b""}),
}


@pytest.mark.parametrize(("code", "frame"), BROKEN_FRAMES.values(), ids=BROKEN_FRAMES)
async def test_broken_frame__is_the_clients_protocol_error(server: Server, code: int, frame: dict) -> None:
    async with connected(server.port, unique("echo")) as socket:
        await socket.send_frame(**frame)
        seen = await socket.seen()
    row = await server.rows.ended(socket.path)
    assert end_of(row).cause == "protocol_error"
    assert (row["initiator"], row["close_code"], row["exact"]) == ("client", seen, True)
    # Daphne drops the connection and leaves it at that.
    assert seen == (code if server.software == "uvicorn" else ABNORMAL)


async def test_client_close_while_the_handler_is_busy__came_first_and_when_it_arrived(server: Server) -> None:
    async with connected(server.port, unique("busy")) as socket:
        asked = time.time()
        assert await socket.ask_for("work") == "busy"
        left = time.time()
        await socket.close(1000)
        row = await server.rows.ended(socket.path)
    assert end_of(row) == End("client_normal", "client", 1000)
    assert row["sent_code"] is None
    # The end has the time of its arrival: the handler was still busy.
    assert left <= row["closed_at"].timestamp() < asked + BUSY_SECONDS


async def test_server_close_after_a_busy_handler__came_first_if_the_client_stayed(server: Server) -> None:
    async with connected(server.port, unique("busy")) as socket:
        await socket.send("work")
        assert await socket.seen(echo=1000) == 4002
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("server_application", "server", 4002)
