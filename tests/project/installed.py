"""Somebody else's project, as ``django-admin startproject`` makes it, with the documented lines added."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
#: Variables that configure these tests must not reach the other project.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in {"DATA_DIR", "DJANGO_SETTINGS_MODULE", "PYTHONPATH", "VIRTUAL_ENV"}
}

CLOSED = "SELECT * FROM lifecycle_connection WHERE state = 'closed' AND endpoint = ?"

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


def run(*command: str | Path, cwd: Path) -> str:
    """Return what a command prints; fail with all of it if the command fails."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Project:
    """A project of `django-admin startproject` with the documented lines added."""

    def __init__(self, folder: Path, python: Path, apps: list[str], patterns: str, asgi: str = ASGI) -> None:
        self.folder, self.python = folder, python
        package = folder / "shop"
        run(python, "-m", "django", "startproject", "shop", folder, cwd=folder)
        (package / "consumers.py").write_text(CONSUMERS)
        (package / "asgi.py").write_text(asgi)
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


def closed_connection(folder: Path, endpoint: str) -> dict[str, object]:
    """Return the one row of a closed connection to an endpoint, as soon as it is in a project's database."""
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            rows = database.execute(CLOSED, [endpoint]).fetchall()
            if rows:
                [row] = rows
                return dict(row)
            time.sleep(0.05)
    pytest.fail("no closed connection in the database within 10 s")


def listening_address(server: subprocess.Popen[str]) -> str:
    """Return the address that Daphne says it listens on; fail with its words if it stops instead."""
    assert server.stderr
    said = ""
    for line in server.stderr:
        said += line
        if found := re.search(r"Listening on TCP address (\S+)", line):
            return found[1]
    pytest.fail(said)
