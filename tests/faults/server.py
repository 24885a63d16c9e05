"""Servers for the fault tests, with their metrics, readiness and database rows."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.ledger import LATE_SECONDS, Ledger, assert_same, compare
from tests.integration.rows import Row
from tests.integration.servers import ROOT, Server

APPLICATION = "tests.faults.application:application"
SETTINGS = "tests.faults.settings"
#: Seconds to wait for rows and metrics, on a loaded machine.
PATIENCE = 60.0
#: Prints the cookie of a superuser's session.
SIGN_IN = """
import django
django.setup()
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("operator")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(settings.SESSION_COOKIE_NAME, session.session_key, sep="=", end="")
"""

Snapshot = dict[str, Any]


class FaultServer(Server):
    """A server of the test application with settings that a test chooses."""

    def __init__(
        self,
        software: str,
        data: Path,
        *options: str,
        application: str = APPLICATION,
        database: str = "",
        database_options: dict[str, object] | None = None,
        lifecycle: dict[str, object] | None = None,
        **variables: str,
    ) -> None:
        """Describe a server; ``lifecycle`` are settings of the monitor, ``database`` is a ``DATABASE_URL``."""
        chosen = {
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "LIFECYCLE_JSON": json.dumps(lifecycle or {}),
            "DATABASE_OPTIONS_JSON": json.dumps(database_options or {}),
            **({"DATABASE_URL": database} if database else {}),
            **variables,
        }
        super().__init__(software, data, *options, application=application, **chosen)

    def as_started_by_command(self) -> None:
        """Start it as ``manage.py start`` does, with that command's own options for Daphne."""
        self.command = [sys.executable, "-m", "tests.faults.start", "--port", str(self.port)]

    def sign_in(self) -> dict[str, str]:
        """Return the headers of an operator who is signed in."""
        command = [sys.executable, "-c", SIGN_IN]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return {"Cookie": done.stdout}

    async def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        text = (await asyncio.to_thread(self.get, "/metrics")).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return sum(sample.value for sample in samples if sample.name == name)

    async def ready(self) -> tuple[int, dict[str, str]]:
        """Return status and body of ``/readyz``."""
        answer = await asyncio.to_thread(self.get, "/readyz")
        return answer.status, json.loads(answer.text)

    def connections(self, among: Ledger | None = None) -> list[Row]:
        """Return the rows of all connections but the dashboard's; with ``among``, only those in that ledger."""
        rows = self.rows.select("SELECT * FROM lifecycle_connection WHERE path <> '/ws/dashboard/'")
        paths = {entry.path for entry in among or ()}
        return [row for row in rows if among is None or row["path"] in paths]

    async def accounts_for(self, ledger: Ledger, *, late: float = LATE_SECONDS, alone: bool = True) -> None:
        """Wait until the database has every end, then compare it with the ledger, row by row.

        With ``alone``, fail if the database has other rows.
        """
        among = None if alone else ledger
        with suppress(TimeoutError):
            await until(lambda: not compare(ledger, self.connections(among), late))
        assert_same(ledger, self.connections(among), late)


async def until(condition: Callable[[], bool | Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Wait until a condition holds; raise ``TimeoutError`` after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if await found if isinstance(found, Awaitable) else found:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(condition.__qualname__)
        await asyncio.sleep(0.1)
