"""Ends of connections whose server is hidden by an ASGI wrapper outside the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import ABNORMAL, connected
from tests.integration.rows import End, end_of, unique
from tests.integration.servers import Server, copy_of

pytestmark = pytest.mark.slow

SERVERS = ["daphne", "uvicorn"]
WRAPPERS = ["sentry", "opentelemetry", "starlette", "fastapi", "all_of_them"]
#: These do not pass their lifespan on to the application that they mount.
MOUNTS = ["starlette", "fastapi"]


def wrapped(name: str) -> str:
    """Return the import path of the test application inside a wrapper."""
    return f"tests.integration.wrapped:{name}"


@pytest.fixture(scope="module", params=[f"{server}-{name}" for name in WRAPPERS for server in SERVERS])
def server(
    request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve each wrapped application with each server in turn."""
    software, _, name = request.param.partition("-")
    folder = tmp_path_factory.mktemp(request.param) / "data"
    with Server(software, copy_of(blank, folder), application=wrapped(name)) as running:
        yield running
        assert running.complaints() == []


async def test_client_close__is_the_clients(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        await socket.close(4001, "why")
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("client_application", "client", 4001, "why")


async def test_fin_without_a_close_frame__is_lost_in_the_network(server: Server) -> None:
    async with connected(server.port, unique("echo")) as socket:
        await socket.hang_up()
    row = await server.rows.ended(socket.path)
    assert end_of(row) == End("network_lost", "network", ABNORMAL)


async def test_raise__is_a_server_error_with_the_code_on_the_wire(server: Server) -> None:
    async with connected(server.port, unique("raises_in_receive")) as socket:
        await socket.send("hello")
        seen = await socket.seen()
    row = await server.rows.settled(socket.path)
    assert end_of(row) == End("server_error", "server", seen)


async def test_server_close__has_the_reason_on_the_wire(server: Server) -> None:
    async with connected(server.port, unique("closes")) as socket:
        await socket.send("4002 enough")
        assert await socket.seen(echo=4002) == 4002
    row = await server.rows.ended(socket.path)
    # Daphne's close frames carry no reason.
    reason = "enough" if server.software == "uvicorn" else ""
    assert end_of(row) == End("server_application", "server", 4002, reason)


@pytest.mark.parametrize("name", WRAPPERS)
@pytest.mark.parametrize("software", SERVERS)
async def test_sigterm__ends_open_connections_as_shutdown(start: Start, software: str, name: str) -> None:
    server = start(software, application=wrapped(name))
    async with connected(server.port, unique("echo")) as socket:
        await asyncio.to_thread(server.stop)
        seen = await socket.seen()
    assert end_of(await server.rows.ended(socket.path)) == End("server_shutdown", "server", seen)
    assert [process["end"] for process in server.rows.processes()] == ["stopped"]


@pytest.mark.parametrize("name", MOUNTS)
@pytest.mark.parametrize("software", SERVERS)
async def test_sigterm__without_open_connections_is_no_lost_process(
    start: Start, software: str, name: str
) -> None:
    server = start(software, application=wrapped(name))
    async with connected(server.port, unique("echo")) as socket:
        await socket.close(1000)
    await server.rows.ended(socket.path)
    await asyncio.to_thread(server.stop)
    assert [process["end"] for process in server.rows.processes()] == ["stopped"]
    assert server.spooled() == []
    assert server.complaints() == []


@pytest.mark.parametrize("software", SERVERS)
async def test_wrapper_that_hides_everything__blames_no_client_and_is_never_exact(
    start: Start, software: str
) -> None:
    server = start(software, application=wrapped("hidden"))
    async with connected(server.port, unique("echo")) as lost, connected(server.port, unique("echo")) as open_one:
        await lost.hang_up()
        ends = [end_of(await server.rows.ended(lost.path))]
        await asyncio.to_thread(server.stop)
    ends.append(end_of(await server.rows.ended(open_one.path)))
    assert [(end.initiator, end.exact) for end in ends] in (
        [("unknown", False), ("server", False)],
        [("unknown", False), ("unknown", False)],
    )
