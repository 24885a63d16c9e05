"""A close of the application that the server refuses to send is the application's failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.raw_socket import connected
from tests.integration.rows import End, end_of, unique
from tests.integration.servers import copy_of
from tests.servers.fleet import FleetServer

pytestmark = pytest.mark.slow
UNUSUAL = "tests.servers.unusual:application"
SOFTWARE = ["Daphne", "Uvicorn", "Uvicorn --ws websockets", "Uvicorn --ws wsproto"]
CODES = [999, 1004, 1005, 1006, 1015, 1016, 5000, 40_000, 70_000, 0, -1, 4002.0, "4002", None, True]
CLOSES = {
    **{f"code-{code!r}": {"code": code} for code in CODES},
    "no-code": {},
    "long-reason": {"code": 4002, "reason": "too long " * 20},
    "reason-5": {"code": 4002, "reason": 5},
}


@pytest.fixture(scope="module", params=SOFTWARE)
def server(
    request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetServer]:
    """Serve the unusual applications with each server in turn."""
    data = copy_of(blank, tmp_path_factory.mktemp("closes") / "data")
    with FleetServer(request.param, data, application=UNUSUAL) as one:
        yield one
        assert one.complaints() == []


def cause_of(seen: int) -> str:
    """Return the cause for a code on the wire; 1011 is Daphne's close after an exception."""
    if seen in {1006, 1011}:
        return "server_error"
    return "server_normal" if seen == 1000 else "server_application"


@pytest.mark.parametrize("close", CLOSES.values(), ids=CLOSES)
async def test_close__has_the_code_on_the_wire_and_is_the_servers(server: FleetServer, close: dict) -> None:
    async with connected(server.port, unique("closes_raw")) as socket:
        await socket.send(json.dumps(close))
        seen = await socket.seen()
        await socket.send_close(1000)
    row = await server.rows.ended(socket.path)
    if seen > 32_767:  # more than the column takes
        assert (row["initiator"], row["exact"]) == ("server", False)
        return
    row = await server.rows.settled(socket.path)
    assert (row["cause"], row["initiator"], row["close_code"]) == (cause_of(seen), "server", seen)


async def test_close__after_a_refused_close_has_the_code_on_the_wire(server: FleetServer) -> None:
    async with connected(server.port, unique("closes_twice")) as socket:
        await socket.send("go")
        seen = await socket.seen(echo=4002)
    row = await server.rows.ended(socket.path)
    assert (row["initiator"], row["close_code"]) == ("server", seen)


async def test_client_close__after_the_applications_close_is_the_applications(server: FleetServer) -> None:
    async with connected(server.port, unique("closes")) as socket:
        await socket.send("4002")
        assert await socket.seen(echo=1001) == 4002
    assert end_of(await server.rows.ended(socket.path)) == End("server_application", "server", 4002)
