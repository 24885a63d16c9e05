"""The socket of the dashboard: who may keep it, and when it is closed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.db import connections

from dashboard.live import consumer, hub
from dashboard.live.consumer import DashboardConsumer
from lifecycle.auth import TokenAuthMiddleware
from lifecycle.auth.tokens import make_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("operator", password="a long secret")


@pytest.fixture
async def viewer(operator: User, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebsocketCommunicator]:
    """Return the open socket of a viewer with a token."""
    monkeypatch.setattr(hub.Current, "hub", None)
    app = TokenAuthMiddleware(DashboardConsumer.as_asgi())
    socket = WebsocketCommunicator(app, f"/ws/dashboard/?token={make_token(operator, 60)}")
    assert (await socket.connect())[0]
    assert json.loads(await socket.receive_from())["type"] == "snapshot"
    yield socket
    await socket.disconnect()
    # The thread of the gate has a database connection, which would lock the tables of the next test.
    hub.current().gate.submit(connections.close_all).result(5)


async def closed_with(socket: WebsocketCommunicator) -> int | None:
    """Show the picture until the socket is closed, and return the code; ``None`` if it stays open."""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        await hub.current().tick()
        try:
            # Unlike ``receive_output``, this does not cancel the application if there is no message.
            message = await asyncio.wait_for(socket.output_queue.get(), 0.1)
        except TimeoutError:
            continue
        if message["type"] == "websocket.close":
            return int(message["code"])
    return None


async def test_socket__ends_when_its_token_expires(
    viewer: WebsocketCommunicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + 61)
    assert await closed_with(viewer) == 4403
    assert hub.current().viewers == set()


async def test_socket__ends_after_a_new_password(
    viewer: WebsocketCommunicator, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.set_password("another secret")
    await operator.asave()
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0)
    assert await closed_with(viewer) == 4403


async def test_socket__stays_open_while_its_token_is_valid(
    viewer: WebsocketCommunicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECHECK_SECONDS", 0)
    for _ in range(3):
        await hub.current().tick()
        assert json.loads(await viewer.receive_from())["type"] == "snapshot"
