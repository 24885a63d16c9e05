"""Tokens on real servers: they open connections, and appear in no log, database or metric."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.integration.conftest import Start
from tests.integration.servers import MONITOR, Server, manage

pytestmark = pytest.mark.slow
SOFTWARE = ("daphne", "uvicorn")
#: No page of the monitor comes from here.
STRANGER = "https://app.example"
ADD_ALICE = "from django.contrib.auth.models import User; print(User.objects.create_user('alice').pk)"


@pytest.fixture(params=SOFTWARE)
def monitor(request: pytest.FixtureRequest, start: Start) -> Server:
    """Serve the monitor itself, with whatever the server logs by itself, and all that Django logs."""
    return start(request.param, application=MONITOR, LOG_LEVEL="DEBUG")


def token_of(server: Server) -> str:
    return manage(server.data, "lifecycle_token", "alice").strip()


def in_query(server: Server, token: str, **options: Any) -> connect:  # noqa: ANN401 - of the library
    """Return a connection that brings a token in its query string."""
    address = f"ws://127.0.0.1:{server.port}/ws/status/?a=1&token={token}"
    return connect(address, subprotocols=["lifecycle.v1"], origin=STRANGER, **options)  # type: ignore[list-item,arg-type]


def in_subprotocol(server: Server, token: str) -> connect:
    """Return a connection that brings a token among its subprotocols."""
    address = f"ws://127.0.0.1:{server.port}/ws/status/"
    return connect(address, subprotocols=["lifecycle.v1", f"token.{token}"], origin=STRANGER)  # type: ignore[list-item,arg-type]


def written(folder: Path) -> bytes:
    """Return everything in a folder's files: database, spool, log."""
    found = []
    for path in folder.rglob("*"):
        # The writer deletes what it has written to the database.
        with suppress(FileNotFoundError, IsADirectoryError):
            found.append(path.read_bytes())
    return b"".join(found)


def scraped(server: Server) -> bytes:
    """Return the metrics."""
    with urlopen(f"{server.url}/metrics") as response:
        return response.read()


def parts_in(token: str, text: bytes) -> list[str]:
    """Return the parts of a token that show in a text."""
    return [part for part in token.split(".") if part.encode() in text]


@pytest.mark.parametrize("bring", [in_query, in_subprotocol])
async def test_token__opens_a_socket_and_is_recorded_nowhere(monitor: Server, bring: Any) -> None:  # noqa: ANN401
    user_id = manage(monitor.data, "shell", "--verbosity=0", "-c", ADD_ALICE).strip()
    token = token_of(monitor)
    async with bring(monitor, token) as socket:
        assert socket.subprotocol == "lifecycle.v1"
        assert '"welcome"' in await socket.recv()
        metrics = await asyncio.to_thread(scraped, monitor)
        while_open = written(monitor.data)
    row = await monitor.rows.ended("/ws/status/")
    monitor.stop()
    assert str(row["user_id"]) == user_id
    assert "/ws/status/" in monitor.said()
    assert parts_in(token, while_open + written(monitor.data) + metrics) == []


async def test_token__bad_one_is_refused_and_counted(monitor: Server) -> None:
    manage(monitor.data, "shell", "-c", ADD_ALICE)
    wrong = token_of(monitor).replace(".", "x.")
    for bring in (in_query, in_subprotocol):
        with pytest.raises(InvalidStatus) as refused:
            async with bring(monitor, wrong):
                pass
        assert refused.value.response.status_code == 403
    metrics = await asyncio.to_thread(scraped, monitor)
    assert b'websocket_handshakes_rejected_total{cause="rejected",endpoint="unmatched"} 2.0' in metrics
    monitor.stop()
    rows = monitor.rows.select("SELECT * FROM lifecycle_connection")
    assert [(row["cause"], row["sent_code"], row["sent_reason"]) for row in rows] == [
        ("rejected", 4401, "malformed")
    ] * 2
    assert parts_in(wrong, metrics + written(monitor.data)) == []


async def test_origin__stranger_without_a_token_is_refused(monitor: Server) -> None:
    with pytest.raises(InvalidStatus):
        async with connect(f"ws://127.0.0.1:{monitor.port}/ws/status/", origin=STRANGER):  # type: ignore[arg-type]
            pass
    row = await monitor.rows.ended("/ws/status/")
    assert row["cause"] == "rejected_origin"
