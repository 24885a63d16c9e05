"""The dashboard's page, socket and data: the same users may see all of them, and nobody else sees any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.raw_socket import connected, refused_status
from tests.integration.rows import end_of
from tests.integration.servers import MONITOR, Server, copy_of, manage

pytestmark = pytest.mark.slow

SOCKET = "/ws/dashboard/"
#: Makes the people of these tests and prints their session cookies.
MAKE_PEOPLE = """
import json
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

def cookie(user):
    client = Client()
    client.force_login(user)
    return settings.SESSION_COOKIE_NAME + "=" + client.cookies[settings.SESSION_COOKIE_NAME].value

view = Permission.objects.get(codename="view_connection", content_type__app_label="lifecycle")
people = {
    "member": User.objects.create_user("member"),
    "member-with-the-permission": User.objects.create_user("permitted"),
    "staff-without-the-permission": User.objects.create_user("clerk", is_staff=True),
    "left-the-team": User.objects.create_user("former", is_staff=True),
    "operator": User.objects.create_user("operator", is_staff=True),
    "superuser": User.objects.create_superuser("root"),
}
for name in ("member-with-the-permission", "left-the-team", "operator"):
    people[name].user_permissions.add(view)
cookies = {name: cookie(user) for name, user in people.items()}
User.objects.filter(username="former").update(is_active=False)
print(json.dumps(cookies))
"""
STRANGERS = ["nobody", "member", "member-with-the-permission", "staff-without-the-permission", "left-the-team"]
SIGNED_IN = ["member", "member-with-the-permission", "staff-without-the-permission"]
VIEWERS = ["operator", "superuser"]

Cookies = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def data(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of the monitor."""
    return copy_of(blank, tmp_path_factory.mktemp("gate") / "data")


@pytest.fixture(scope="module")
def cookies(data: Path) -> Cookies:
    """Return the request headers of each person, and of nobody."""
    printed = manage(data, "shell", "--verbosity", "0", "--command", MAKE_PEOPLE)
    made = json.loads(printed.strip().splitlines()[-1])
    return {"nobody": {}, **{name: {"Cookie": cookie} for name, cookie in made.items()}}


@pytest.fixture(scope="module")
def server(data: Path, cookies: Cookies) -> Iterator[Server]:
    """Serve the monitor's own project with Daphne."""
    with Server("daphne", data, application=MONITOR) as one:
        yield one


@pytest.mark.parametrize("who", VIEWERS)
async def test_viewer__gets_page_reads_and_socket(server: Server, cookies: Cookies, who: str) -> None:
    page = server.get("/dashboard/", cookies[who])
    history = server.get("/dashboard/history/?range=15m", cookies[who])
    async with connected(server.port, SOCKET, cookies[who]) as socket:
        snapshot = json.loads((await socket.receive()).text)
        await socket.close(1000)
    assert (page.status, SOCKET in page.text) == (200, True)
    assert (history.status, json.loads(history.text)["range"]) == (200, "15m")
    assert (snapshot["type"], snapshot["v"]) == ("snapshot", 2)


@pytest.mark.parametrize("who", ["nobody", "left-the-team"])
def test_page__sends_visitors_to_sign_in(server: Server, cookies: Cookies, who: str) -> None:
    answer = server.get("/dashboard/", cookies[who])
    assert (answer.status, answer.text) == (302, "")
    assert answer.headers["Location"] == "/admin/login/?next=/dashboard/"


@pytest.mark.parametrize("who", SIGNED_IN)
def test_page__refuses_others_and_shows_no_data(server: Server, cookies: Cookies, who: str) -> None:
    answer = server.get("/dashboard/", cookies[who])
    assert answer.status == 403
    for told in (SOCKET, "history", "endpoint", "lifecycle"):
        assert told not in answer.text


@pytest.mark.parametrize("range_name", ["15m", "no-such-range"])
@pytest.mark.parametrize("who", STRANGERS)
def test_reads__refuse_others_and_tell_nothing(
    server: Server, cookies: Cookies, who: str, range_name: str
) -> None:
    answer = server.get(f"/dashboard/history/?range={range_name}", cookies[who])
    assert (answer.status, answer.text) == (403, "{}")


@pytest.mark.parametrize("who", STRANGERS)
async def test_socket__refuses_others_before_accept(server: Server, cookies: Cookies, who: str) -> None:
    headers = {**cookies[who], "User-Agent": f"the browser of {who}"}
    assert await refused_status(server.port, SOCKET, headers) == 403
    row = await server.rows.wait("user_agent = ?", headers["User-Agent"], ["rejected"])
    assert (end_of(row).cause, row["sent_code"]) == ("rejected", 4403)
    assert row["messages_out"] == 0


async def test_socket__refuses_a_viewer_whose_browser_was_sent_by_another_site(
    server: Server, cookies: Cookies
) -> None:
    headers = {**cookies["operator"], "Origin": "https://evil.example", "User-Agent": "lured"}
    assert await refused_status(server.port, SOCKET, headers) == 403
    row = await server.rows.wait("user_agent = ?", "lured", ["rejected"])
    assert end_of(row).cause == "rejected_origin"


async def test_socket__records_the_user_of_the_viewer(server: Server, cookies: Cookies) -> None:
    headers = {**cookies["operator"], "User-Agent": "the operator's browser"}
    async with connected(server.port, SOCKET, headers) as socket:
        await socket.receive()
        await socket.close(1000)
    row = await server.rows.wait("user_agent = ?", headers["User-Agent"], ["closed"])
    [user] = server.rows.select("SELECT username FROM auth_user WHERE id = ?", row["user_id"])
    assert user["username"] == "operator"


def test_bad_range__is_told_to_a_viewer(server: Server, cookies: Cookies) -> None:
    answer = server.get("/dashboard/history/?range=no-such-range", cookies["operator"])
    assert answer.status == 400
    assert "15m" in json.loads(answer.text)["error"]
