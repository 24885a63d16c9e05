"""The wheel in a project that has an app of its own called ``dashboard``, with templates and static files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.project.installed import Project

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

ASGI = """
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django_application = get_asgi_application()

import lifecycle_dashboard.routing
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from lifecycle.capture import LifecycleMiddleware

websocket = AuthMiddlewareStack(URLRouter(lifecycle_dashboard.routing.websocket_urlpatterns))
application = ProtocolTypeRouter({"http": django_application, "websocket": LifecycleMiddleware(websocket)})
"""

URLS = """
from django.shortcuts import render
from django.urls import path

app_name = "dashboard"
urlpatterns = [path("", lambda request: render(request, "dashboard/page.html"), name="page")]
"""

PATTERNS = """[
    path("dashboard/", include("dashboard.urls")),
    path("monitor/", include("lifecycle_dashboard.urls")),
    path("", include("lifecycle.urls")),
]"""

#: Prints the session of a new operator, and the addresses, templates and scripts of both dashboards, as JSON.
LOOK = """
import json, re
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

client = Client()
client.force_login(User.objects.create_superuser("operator"))
own, monitor = (client.get(reverse(name)) for name in ("dashboard:page", "lifecycle_dashboard:page"))
print(json.dumps({
    "session": client.cookies["sessionid"].value,
    "own": own.content.decode(),
    "own_path": own.request["PATH_INFO"],
    "monitor_path": monitor.request["PATH_INFO"],
    "monitor": monitor.content.decode(),
    "scripts": re.findall(r'<script[^>]* src="([^"]+)"', monitor.content.decode()),
    "own_script": finders.find("dashboard/js/main.js"),
}))
"""


@pytest.fixture(scope="module")
def project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project that had a dashboard before it installed the wheel."""
    folder = tmp_path_factory.mktemp("own")
    app = folder / "dashboard"
    for name, content in {
        "__init__.py": "",
        "urls.py": URLS,
        "templates/dashboard/page.html": "the shop's own page",
        "static/dashboard/js/main.js": "// the shop's own script",
    }.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(content)
    return Project(folder, python, ["dashboard", "lifecycle", "lifecycle_dashboard"], PATTERNS, ASGI)


@pytest.fixture(scope="module")
def seen(project: Project) -> dict[str, str]:
    """Return what an operator finds on both dashboards."""
    project.manage("collectstatic", "--no-input")
    return dict(json.loads(project.manage("shell", "--verbosity", "0", "-c", LOOK)))


def test_check__reports_nothing(project: Project) -> None:
    project.manage("check", "--fail-level", "WARNING")


def test_own_dashboard__keeps_its_address_template_and_script(project: Project, seen: dict[str, str]) -> None:
    assert (seen["own_path"], seen["own"]) == ("/dashboard/", "the shop's own page")
    assert Path(seen["own_script"]).read_text() == "// the shop's own script"


def test_monitor__has_its_own_address_template_and_scripts(seen: dict[str, str]) -> None:
    assert seen["monitor_path"] == "/monitor/"
    assert 'id="live"' in seen["monitor"]
    scripts = [script for script in seen["scripts"] if "/admin/" not in script]
    assert len(scripts) == 3
    assert all(script.startswith("/static/lifecycle_dashboard/") for script in scripts)


def test_monitor__streams_to_its_page(project: Project, seen: dict[str, str]) -> None:
    cookie = {"Cookie": f"sessionid={seen['session']}"}
    with (
        project.served() as address,
        connect(f"ws://{address}/ws/dashboard/", additional_headers=cookie, origin=f"http://{address}") as socket,  # type: ignore[arg-type]
    ):
        snapshot = json.loads(socket.recv(timeout=10))
    assert snapshot["type"] == "snapshot"
