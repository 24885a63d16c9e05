"""Starts the monitor as users do, and signs in to it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from playwright.sync_api import Browser, BrowserContext, Page

from tests.integration.rows import Row
from tests.integration.servers import Server

OPERATOR, PASSWORD = "admin", "only-for-tests-1"
SESSION_COOKIE = "monitor_sessionid"
#: How long to wait for an expected change on a server or a page, in seconds.
PATIENCE = 20.0

Seen = TypeVar("Seen")


class Monitor(Server):
    """A monitor whose port and data folder stay the same when it restarts; use it as a context manager.

    ``command`` are the arguments of the Python interpreter, without the port.
    """

    def __init__(self, data: Path, *command: str) -> None:
        data.mkdir()
        super().__init__("daphne", data, MONITOR_ADMIN_PASSWORD=PASSWORD)
        self.command = [sys.executable, *command, "--port", str(self.port)]

    def address(self, path: str) -> str:
        """Return the URL of a path."""
        return f"{self.url}{path}"

    def connection(self, connection_id: str) -> Row | None:
        """Return the database row of a connection; ``None`` if it has not been written yet."""
        rows = self.rows.select("SELECT * FROM lifecycle_connection WHERE id = ?", UUID(connection_id).hex)
        return rows[0] if rows else None


def eventually(look: Callable[[], Seen | None]) -> Seen:
    """Call ``look`` until it returns a true value, and return that value; fail after ``PATIENCE`` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"{look} returned no true value within {PATIENCE} s"
        time.sleep(0.05)
    return found


def sign_in(page: Page, monitor: Monitor, path: str) -> None:
    """Open a page without a session, and sign in on the login page to which the server redirects."""
    page.goto(monitor.address(path))
    page.get_by_label("Username").fill(OPERATOR)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{path}")


def session_at(monitor: Monitor, browser: Browser) -> str:
    """Sign in as the operator, and return the session key."""
    with browser.new_context() as context:
        sign_in(context.new_page(), monitor, "/admin/")
        return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == SESSION_COOKIE)


def bring_session(context: BrowserContext, monitor: Monitor, key: str) -> None:
    """Add a session cookie to a browser context."""
    context.add_cookies([{"name": SESSION_COOKIE, "value": key, "url": monitor.url}])
