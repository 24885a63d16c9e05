"""Every handshake that is not completed, made on a real server and read from its database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.integration.raw_socket import connected, knocking, refused_status
from tests.integration.rows import End, Row, end_of, unique
from tests.integration.servers import Server

pytestmark = pytest.mark.slow

FOREIGN = {"Origin": "https://evil.example"}
REFUSALS = {
    "closed-before-accept": ("refuses", {}, 403, "rejected", 4403),
    "foreign-origin": ("echo", FOREIGN, 403, "rejected_origin", None),
    "no-route": ("nowhere", {}, 403, "rejected_unmatched", None),
    "raised-in-connect": ("raises_in_connect", {}, 500, "handshake_error", None),
}


@pytest.mark.parametrize(("kind", "headers", "status", "cause", "sent"), REFUSALS.values(), ids=REFUSALS)
async def test_refusal__is_the_servers_and_has_no_close_code(
    server: Server, kind: str, headers: dict[str, str], status: int, cause: str, sent: int | None
) -> None:
    path = unique(kind)
    assert await refused_status(server.port, path, headers) == status
    row = await server.rows.ended(path)
    assert row["state"] == "rejected"
    assert end_of(row) == End(cause, "server", None)
    assert row["sent_code"] == sent


async def test_refusal_without_a_route__leaves_no_traceback_in_the_log(server: Server) -> None:
    path, logged = unique("nowhere"), len(server.said())
    assert await refused_status(server.port, path) == 403
    # The server has logged what it logs about the first handshake when the row of a later one is there.
    later = unique("refuses")
    await refused_status(server.port, later)
    await server.rows.ended(later)
    said = server.said()[logged:]
    assert "Traceback" not in said
    assert "No route found" not in said


async def test_refusal_of_an_origin__names_the_origin_and_no_endpoint(server: Server) -> None:
    path = unique("echo")
    await refused_status(server.port, path, FOREIGN)
    row = await server.rows.ended(path)
    assert (row["origin"], row["endpoint"]) == ("https://evil.example", "unmatched")


async def test_refusal_of_a_closed_handshake__names_the_endpoint(server: Server) -> None:
    path = unique("refuses")
    await refused_status(server.port, path)
    assert (await server.rows.ended(path))["endpoint"] == "ws/refuses/<str:mark>/"


async def test_application_that_returns_before_accept__is_a_handshake_error(server: Server) -> None:
    # Daphne never answers such a client, so the test does not wait for an answer.
    async with knocking(server.port, unique("returns_before_accept")) as socket:
        row = await server.rows.ended(socket.path)
    assert row["state"] == "rejected"
    assert end_of(row) == End("handshake_error", "server", None)


LEAVES = ["reset", "hang_up"]


async def knock_and_leave(server: Server, kind: str, leave: str) -> Row:
    """Ask for a handshake, leave before its answer, and return the row of it."""
    async with knocking(server.port, unique(kind)) as socket:
        await server.rows.one(socket.path, "open")
        if leave == "reset":
            socket.reset()
        else:
            socket.writer.write_eof()
        return await server.rows.ended(socket.path)


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("kind", ["slow_to_accept", "never_accepts"])
async def test_client_that_leaves_before_accept__abandoned_the_handshake(
    server: Server, kind: str, leave: str
) -> None:
    row = await knock_and_leave(server, kind, leave)
    assert row["state"] == "rejected"
    assert end_of(row) == End("abandoned", "client", None)


async def test_slow_accept__is_an_open_connection(server: Server) -> None:
    async with connected(server.port, unique("slow_to_accept")) as socket:
        row = await server.rows.wait("accepted_at IS NOT NULL AND path = ?", socket.path, ["open"])
        await socket.close(1000)
    assert row["accepted_at"] - row["opened_at"] >= timedelta(seconds=0.9)
    assert end_of(await server.rows.ended(socket.path)) == End("client_normal", "client", 1000)
