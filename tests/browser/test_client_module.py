"""The client module works on any page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.monitor import Monitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OTHER_PAGE = """async () => {
  const { LifecycleSocket } = await import("/static/lifecycle/js/connection.js");
  const socket = new LifecycleSocket("/ws/status/");
  const welcome = new Promise((resolve) => socket.addEventListener("welcome", (event) => resolve(event.detail)));
  socket.start();
  return (await welcome).connection;
}"""


@pytest.fixture
def other_page(page: Page, monitor: Monitor) -> Page:
    """Return a page without the status page's scripts."""
    page.goto(monitor.address("/admin/login/"))
    return page


def test_module__connects_from_a_page_without_other_scripts(other_page: Page, monitor: Monitor) -> None:
    connection = other_page.evaluate(OTHER_PAGE)
    row = monitor.connection(connection)
    assert row is None or row["state"] == "open"
    other_page.goto("about:blank")
