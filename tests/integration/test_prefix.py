"""The dashboard under a prefix, in a project with FORCE_SCRIPT_NAME, on a real server."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.integration.conftest import Start
from tests.integration.raw_socket import RawSocket, connected
from tests.integration.servers import Server, manage
from tests.pictures import Picture, decoded

pytestmark = pytest.mark.slow

PATIENCE = 20.0
SIGN_IN = """
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
print(settings.SESSION_COOKIE_NAME + "=" + client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


@pytest.fixture
def server(start: Start) -> Server:
    """Serve the project with Daphne, which is told the same prefix."""
    settings = {"DJANGO_SETTINGS_MODULE": "tests.integration.prefixed_settings"}
    return start(
        "daphne", "--root-path", "/site", application="tests.integration.prefixed:application", **settings
    )


def operator(data: Path) -> dict[str, str]:
    """Return the request headers of an operator who has signed in."""
    return {"Cookie": manage(data, "shell", "--verbosity", "0", "--command", SIGN_IN).strip().splitlines()[-1]}


async def picture_with_viewer(socket: RawSocket) -> Picture:
    """Return the first picture in which this viewer is counted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            picture = decoded((await socket.receive()).text)
            if picture["totals"]["viewers"]:
                return picture


async def test_dashboard__under_prefixes_receives_its_feed_and_is_no_traffic(server: Server) -> None:
    headers = operator(server.data)
    page = server.get("/site/tools/dashboard/", headers)
    assert page.status == 200
    found = re.search(r'data-socket-path="([^"]+)"', page.text)
    assert found is not None
    assert found[1] == "/site/live/ws/dashboard/"
    async with connected(server.port, found[1], headers) as socket:
        picture = await picture_with_viewer(socket)
        await socket.close(1000)
    assert (picture["type"], picture["totals"]["open"], picture["endpoints"]) == ("snapshot", 0, [])
    row = await server.rows.wait("endpoint = ?", "live/ws/dashboard/", ["closed"])
    assert row["path"] == "/site/live/ws/dashboard/"
