"""Closes by an application outside the middleware are the server's, and no client is blamed for them."""

from __future__ import annotations

import pytest

from tests.integration.raw_socket import connected, refused_status
from tests.integration.rows import End, end_of, unique
from tests.servers.conftest import Launch

pytestmark = pytest.mark.slow
SOFTWARE = ["Daphne", "Uvicorn", "Uvicorn --ws websockets", "Uvicorn --ws wsproto"]
EXPIRING, HANDLING, HIDDEN = (f"tests.servers.unusual:{name}" for name in ("expiring", "handling", "hidden"))
REASON = "session expired"


@pytest.mark.parametrize("code", [4003, 1000, 1002, 1007, 1012])
@pytest.mark.parametrize("software", SOFTWARE)
async def test_outer_close__is_the_servers(launch: Launch, software: str, code: int) -> None:
    if software == "Daphne" and code not in {4003, 1000}:
        pytest.skip("Daphne refuses this code")
    server = launch(software, application=EXPIRING, OUTER_CODE=str(code))
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.seen(echo=code) == code
    row = await server.rows.ended(socket.path)
    cause = "server_normal" if code == 1000 else "server_application"
    assert end_of(row) == End(cause, "server", code, "" if software == "Daphne" else REASON)


@pytest.mark.parametrize("software", SOFTWARE)
async def test_outer_refusal__is_the_servers(launch: Launch, software: str) -> None:
    server = launch(software, application=EXPIRING)
    path = unique("never_accepts")
    assert await refused_status(server.port, path) == 403
    row = await server.rows.ended(path)
    assert (row["state"], row["cause"], row["initiator"]) == ("rejected", "rejected", "server")


@pytest.mark.parametrize("software", SOFTWARE)
async def test_client_close__before_the_outer_close_is_the_clients(launch: Launch, software: str) -> None:
    server = launch(software, application=EXPIRING)
    async with connected(server.port, unique("echo")) as socket:
        await socket.close(4001, "why")
    assert end_of(await server.rows.ended(socket.path)) == End("client_application", "client", 4001, "why")


@pytest.mark.parametrize("software", SOFTWARE)
async def test_outer_exception_handler__may_have_sent_another_code(launch: Launch, software: str) -> None:
    server = launch(software, application=HANDLING, OUTER_CODE="4500")
    async with connected(server.port, unique("raises_in_receive")) as socket:
        await socket.send("hello")
        assert await socket.seen(echo=4500) == 4500
    if software.endswith("wsproto"):  # the library keeps no code
        row = await server.rows.ended(socket.path)
        assert end_of(row) == End("server_error", "server", 1006, exact=False)
    else:
        row = await server.rows.settled(socket.path)
        assert end_of(row) == End("server_error", "server", 4500)


@pytest.mark.parametrize("software", [*SOFTWARE, "Hypercorn"])
async def test_hidden_server__no_client_is_blamed_for_an_outer_close(launch: Launch, software: str) -> None:
    server = launch(software, application=HIDDEN)
    async with connected(server.port, unique("echo")) as socket:
        await socket.seen(echo=4003)
    row = await server.rows.ended(socket.path)
    assert (row["initiator"], row["exact"]) == ("unknown", False)


async def test_hidden_server__no_client_is_blamed_for_the_time_limit_of_daphne(launch: Launch) -> None:
    server = launch("Daphne", "--websocket_timeout", "2", application="tests.integration.wrapped:hidden")
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.seen(echo=1000) == 1000
    row = await server.rows.ended(socket.path)
    assert (row["cause"], row["initiator"], row["exact"]) == ("unknown", "unknown", False)


async def test_time_limit_of_daphne__is_a_server_timeout(launch: Launch) -> None:
    server = launch("Daphne", "--websocket_timeout", "2")
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.seen(echo=1000) == 1000
    assert end_of(await server.rows.ended(socket.path)) == End("server_timeout", "server", 1000)
