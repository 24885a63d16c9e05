"""Rows of real connections: the route as written, the traffic, and no secret."""

from __future__ import annotations

import uuid

import pytest

from tests.integration.raw_socket import Opcode, connected
from tests.integration.rows import unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

ENDPOINTS = {
    "path": ("/ws/echo/{mark}/", "ws/echo/<str:mark>/"),
    "synchronous": ("/ws/sync_echo/{mark}/", "ws/sync_echo/<str:mark>/"),
    "plain-asgi": ("/ws/plain/{mark}/", "ws/plain/<str:mark>/"),
    "re_path": ("/ws/pattern/{mark}/", r"^ws/pattern/(?P<mark>\w+)/$"),
    "nested": ("/ws/outer/{mark}/inner/", "ws/outer/<str:mark>/inner/"),
    "nested-re_path": ("/ws/outer/{mark}/17/", r"ws/outer/<str:mark>/^(?P<number>\d+)/$"),
}


@pytest.mark.parametrize(("path", "endpoint"), ENDPOINTS.values(), ids=ENDPOINTS)
async def test_endpoint__is_the_route_as_written(server: Server, path: str, endpoint: str) -> None:
    async with connected(server.port, path.format(mark=uuid.uuid4().hex)) as socket:
        assert await socket.ask_for("hello") == "hello"
        await socket.close(1000)
    row = await server.rows.ended(socket.path)
    assert row["endpoint"] == endpoint


async def test_traffic__is_counted_in_messages_and_payload_bytes(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.ask_for("grüße") == "grüße"
        await socket.send_frame(Opcode.BINARY, bytes(1000))
        assert len((await socket.receive()).payload) == 1000
        await socket.close(1000)
    row = await server.rows.ended(socket.path)
    assert (row["messages_in"], row["messages_out"]) == (2, 2)
    assert (row["bytes_in"], row["bytes_out"]) == (1007, 1007)
    assert row["accepted_at"] <= row["last_received_at"] <= row["last_sent_at"] <= row["closed_at"]


async def test_row__has_the_client_and_never_the_query_string_or_a_cookie(server: Server) -> None:
    path = unique("echo")
    headers = {"User-Agent": "A" * 300, "Cookie": "session=s3cret"}
    async with connected(server.port, f"{path}?token=s3cret", headers) as socket:
        await socket.close(1000)
    row = await server.rows.ended(path)
    assert (row["client_ip"], row["origin"]) == ("127.0.0.1", "http://127.0.0.1")
    assert row["user_agent"] == "A" * 256
    assert "s3cret" not in str(row)


async def test_row__is_visible_while_the_connection_is_open(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        row = await server.rows.one(socket.path, "open")
        assert row["closed_at"] is None
