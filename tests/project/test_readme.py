"""A reader who follows the README, line by line, has a project that records and shows its connections."""

from __future__ import annotations

import json
import re
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest
from websockets.sync.client import connect

from tests.project.installed import closed_connection, run
from tests.project.readme import Reader, replaced

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

USER, PASSWORD = "operator", "correct horse battery"
ANSWERS = [("Username", USER), ("Email", "operator@shop.example"), ("Password:", PASSWORD), ("again", PASSWORD)]
#: The files of the Channels tutorial, as its second part leaves them, without the pages of the chat.
TUTORIAL = {
    "chat/__init__.py": "",
    "chat/consumers.py": """
from channels.generic.websocket import WebsocketConsumer


class ChatConsumer(WebsocketConsumer):
    def receive(self, text_data):
        self.send(text_data=text_data)
""",
    "chat/routing.py": """
from django.urls import re_path

from . import consumers

websocket_urlpatterns = [
    re_path(r"ws/chat/(?P<room_name>\\w+)/$", consumers.ChatConsumer.as_asgi()),
]
""",
    "mysite/asgi.py": '''"""
ASGI config for mysite project.
"""
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
# Initialize Django ASGI application early to ensure the AppRegistry
# is populated before importing code that may import ORM models.
django_asgi_app = get_asgi_application()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_asgi_app,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
''',
    "mysite/urls.py": """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("chat/", include([])),
    path("admin/", admin.site.urls),
]
""",
}


@pytest.fixture(scope="module")
def new_project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Return a reader who has followed the section on new projects."""
    reader = Reader(tmp_path_factory.mktemp("new"), wheel)
    reader.follow("## Add it to a new project", ANSWERS)
    return reader


@pytest.fixture(scope="module")
def existing_project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Return a reader who has followed the section on existing projects, starting with the Channels tutorial."""
    folder = tmp_path_factory.mktemp("existing")
    reader = Reader(folder, wheel)
    run(sys.executable, "-m", "venv", ".venv", cwd=folder)
    reader.type("pip install --quiet 'channels[daphne]' && django-admin startproject mysite .")
    for name, content in TUTORIAL.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    settings = folder / "mysite" / "settings.py"
    apps = 'INSTALLED_APPS = [\n    "daphne",\n    "chat",\n'
    settings.write_text(settings.read_text().replace("INSTALLED_APPS = [\n", apps))
    with settings.open("a") as file:
        file.write('ASGI_APPLICATION = "mysite.asgi.application"\n')
    reader.follow("## Add it to an existing project")
    reader.answer("python manage.py createsuperuser", ANSWERS)
    return reader


each_project = pytest.mark.parametrize("fixture", ["new_project", "existing_project"])


@each_project
def test_readme__checks_of_the_project_report_nothing(fixture: str, request: pytest.FixtureRequest) -> None:
    reader: Reader = request.getfixturevalue(fixture)
    reader.type("python manage.py check --fail-level WARNING")


@each_project
def test_readme__live_page_shows_numbers_to_the_new_user(fixture: str, request: pytest.FixtureRequest) -> None:
    reader: Reader = request.getfixturevalue(fixture)
    with reader.served() as address:
        page, session = sign_in(f"http://{address}/dashboard/")
        path = re.findall(r'data-socket-path="([^"]+)"', page)[0]
        with connect(
            f"ws://{address}{path}",
            additional_headers={"Cookie": f"sessionid={session}"},
            origin=f"http://{address}",  # type: ignore[arg-type]
        ) as socket:
            assert json.loads(socket.recv(timeout=10))["type"] == "snapshot"


@each_project
def test_readme__connections_are_counted_and_recorded(fixture: str, request: pytest.FixtureRequest) -> None:
    reader: Reader = request.getfixturevalue(fixture)
    with reader.served() as address:
        with connect(f"ws://{address}/ws/status/", origin=f"http://{address}") as socket:  # type: ignore[arg-type]
            assert "welcome" in str(socket.recv(timeout=10))
        row = closed_connection(reader.folder, "ws/status/")
        metrics = urlopen(f"http://{address}/metrics", timeout=10).read().decode()
    assert row["cause"] == "client_normal"
    assert 'websocket_connections_opened_total{endpoint="ws/status/"} 1.0' in metrics


def test_readme__consumers_of_an_existing_project_still_work(existing_project: Reader) -> None:
    with existing_project.served() as address:
        origin = f"http://{address}"
        with connect(f"ws://{address}/ws/chat/lobby/", origin=origin) as socket:  # type: ignore[arg-type]
            socket.send("hello")
            assert socket.recv(timeout=10) == "hello"
        row = closed_connection(existing_project.folder, r"ws/chat/(?P<room_name>\w+)/$")
    assert row["path"] == "/ws/chat/lobby/"


def test_replaced__place_that_is_missing_or_ambiguous_fails() -> None:
    assert replaced("a\nb\n", " a\n-b\n+c\n") == "a\nc\n"
    for text in ("b\n", "a\na\n"):
        with pytest.raises(AssertionError, match="not exactly once"):
            replaced(text, " a\n+c\n")


def sign_in(address: str) -> tuple[str, str]:
    """Sign in on the page that an address leads to; return the page behind it and the key of the session."""
    cookies = CookieJar()
    browser = build_opener(HTTPCookieProcessor(cookies))
    answer = browser.open(address, timeout=10)
    [token] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())[:1]
    form = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/dashboard/"}
    page = browser.open(answer.url, urlencode(form).encode(), timeout=10).read().decode()
    return page, next(str(cookie.value) for cookie in cookies if cookie.name == "sessionid")
