"""The wheel, installed into an empty environment and used in another project."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

ROOT = Path(__file__).resolve().parent.parent.parent
ENDPOINT = "ws/echo/<str:room>/"
# Paths in the wheel that differ from those in the checkout.
MOVED = {
    "dashboard": "lifecycle_dashboard",
    "static/lifecycle": "lifecycle/static/lifecycle",
    "static/lifecycle_dashboard": "lifecycle_dashboard/static/lifecycle_dashboard",
    "static/vendor": "lifecycle_dashboard/static/lifecycle_dashboard/vendor",
    "templates/lifecycle": "lifecycle/templates/lifecycle",
    "templates/lifecycle_dashboard": "lifecycle_dashboard/templates/lifecycle_dashboard",
}
# The other project must not see the variables that configure these tests.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DATA_DIR", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "VIRTUAL_ENV"}
}

CONSUMERS = """
from channels.generic.websocket import WebsocketConsumer


class EchoConsumer(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(text_data)
"""

ASGI = """
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path
from lifecycle.capture import LifecycleMiddleware

from shop.consumers import EchoConsumer

websocket = URLRouter([path("ws/echo/<str:room>/", EchoConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": django_application, "websocket": LifecycleMiddleware(websocket)})
"""

SETTINGS = """
INSTALLED_APPS += {apps}
ASGI_APPLICATION = "shop.asgi.application"

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
STATIC_ROOT = BASE_DIR / "collected"
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}},
}}
"""

URLS = """
from django.urls import include

urlpatterns += {patterns}
"""

OPEN_DASHBOARD = """
from django.contrib.auth.models import User
from django.test import Client

client = Client()
client.force_login(User.objects.create_superuser("operator"))
print(client.get("/dashboard/").status_code)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Return a command's output; fail with all of it if the command fails."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Project:
    """A project of `django-admin startproject` with the documented lines added."""

    def __init__(self, folder: Path, python: Path, apps: list[str], patterns: str) -> None:
        self.folder, self.python = folder, python
        package = folder / "shop"
        run(python, "-m", "django", "startproject", "shop", folder, cwd=folder)
        (package / "consumers.py").write_text(CONSUMERS)
        (package / "asgi.py").write_text(ASGI)
        with (package / "settings.py").open("a") as settings:
            settings.write(SETTINGS.format(apps=apps))
        with (package / "urls.py").open("a") as urls:
            urls.write(URLS.format(patterns=patterns))
        self.manage("migrate")

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it prints."""
        return run(self.python, "manage.py", *arguments, cwd=self.folder)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve with Daphne on a free port; yield the host and port."""
        command = [str(self.python), "-m", "daphne", "-p", "0", "shop.asgi:application"]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as server:
            try:
                yield listening_address(server)
            finally:
                server.terminate()
                server.communicate(timeout=20)

    def closed_connection(self) -> dict[str, object]:
        """Return the one row of a closed connection, as soon as it is in the database."""
        database = sqlite3.connect(self.folder / "db.sqlite3")
        database.row_factory = sqlite3.Row
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            rows = database.execute("SELECT * FROM lifecycle_connection WHERE state = 'closed'").fetchall()
            if rows:
                [row] = rows
                return dict(row)
            time.sleep(0.05)
        pytest.fail("no closed connection in the database within 10 s")


def listening_address(server: subprocess.Popen[str]) -> str:
    """Return the address that Daphne prints; fail with its output if it stops."""
    assert server.stderr
    said = ""
    for line in server.stderr:
        said += line
        if found := re.search(r"Listening on TCP address (\S+)", line):
            return found[1]
    pytest.fail(said)


def sample(metrics: str, name: str, **labels: str) -> float | None:
    """Return the value of one sample in the Prometheus text format, None where it is absent."""
    families = text_string_to_metric_families(metrics)
    found = (each for family in families for each in family.samples)
    return next((each.value for each in found if each.name == name and each.labels == labels), None)


def names_in_checkout() -> set[str]:
    """Return the paths that the wheel must contain."""
    names: set[str] = set()
    for source, target in {"lifecycle": "lifecycle", **MOVED}.items():
        files = [file for file in (ROOT / source).rglob("*") if file.is_file() and file.suffix != ".pyc"]
        names |= {f"{target}/{file.relative_to(ROOT / source)}" for file in files}
    return names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source archive from the checkout, and the wheel from the source archive."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel, its dependencies and Daphne."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / "bin" / "python"
    pins = ROOT / "requirements" / "run.txt"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[daphne]", "--constraint", pins, cwd=folder)
    return python


@pytest.fixture(scope="module")
def project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with both apps."""
    patterns = '[path("dashboard/", include("lifecycle_dashboard.urls")), path("", include("lifecycle.urls"))]'
    return Project(tmp_path_factory.mktemp("both"), python, ["lifecycle", "lifecycle_dashboard"], patterns)


@pytest.fixture(scope="module")
def lean_project(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with `lifecycle` alone; importing `lifecycle_dashboard` fails in it."""
    folder = tmp_path_factory.mktemp("alone")
    refuse = 'raise ImportError("lifecycle has to work without the dashboard")\n'
    (folder / "lifecycle_dashboard.py").write_text(refuse)
    return Project(folder, python, ["lifecycle"], '[path("", include("lifecycle.urls"))]')


def test_wheel__carries_both_apps_whole_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packaged = {name for name in names if ".dist-info/" not in name}
    assert packaged == names_in_checkout()


def test_wheel__carries_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize("fixture", ["project", "lean_project"])
def test_installed__records_and_counts_another_projects_sockets(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    project: Project = request.getfixturevalue(fixture)
    with project.served() as address:
        with connect(f"ws://{address}/ws/echo/kitchen/?secret=1") as socket:
            socket.send("hello")
            assert socket.recv(timeout=10) == "hello"
            socket.close(4001, "why")
        row = project.closed_connection()
        metrics = urlopen(f"http://{address}/metrics", timeout=10).read().decode()

    told = {name: row[name] for name in ("endpoint", "path", "close_code", "initiator", "cause")}
    assert told == {
        "endpoint": ENDPOINT,
        "path": "/ws/echo/kitchen/",
        "close_code": 4001,
        "initiator": "client",
        "cause": "client_application",
    }
    assert (row["messages_in"], row["messages_out"]) == (1, 1)
    assert "secret" not in str(row)
    assert sample(metrics, "websocket_connections_opened_total", endpoint=ENDPOINT) == 1
    closed = {"code": "4001", "endpoint": ENDPOINT, "initiator": "client"}
    assert sample(metrics, "websocket_connections_closed_total", **closed) == 1


@pytest.mark.parametrize("fixture", ["project", "lean_project"])
def test_installed__has_nothing_to_complain_of(fixture: str, request: pytest.FixtureRequest) -> None:
    project: Project = request.getfixturevalue(fixture)
    project.manage("check", "--fail-level", "WARNING")
    project.manage("makemigrations", "--check")


def test_installed__shows_the_dashboard_from_hashed_static_files(project: Project) -> None:
    project.manage("collectstatic", "--no-input")
    manifest = json.loads((project.folder / "collected" / "staticfiles.json").read_text())["paths"]
    assert "lifecycle_dashboard/vendor/chart.js/chart.umd.min.js" in manifest
    assert project.manage("shell", "--verbosity", "0", "-c", OPEN_DASHBOARD).strip() == "200"
