"""The client module on another page, and its reconnects: exponential backoff with full jitter."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.monitor import Monitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DELAYS = """async () => {
  const { Retry } = await import("/static/lifecycle/js/retry.js");
  const delays = (random) => {
    const retry = new Retry(1000, 30000, () => random);
    return Array.from({ length: 8 }, () => { const wait = retry.delayMs(); retry.over(0); return wait; });
  };
  return [delays(0), delays(0.5), delays(1)];
}"""
LASTED = """async () => {
  const { Retry } = await import("/static/lifecycle/js/retry.js");
  const retry = new Retry(1000, 30000, () => 1);
  [null, null, 10, 60000].forEach((lived) => retry.over(lived));
  return retry.delayMs();
}"""
OTHER_PAGE = """async () => {
  const { LifecycleSocket } = await import("/static/lifecycle/js/connection.js");
  const socket = new LifecycleSocket("/ws/status/");
  const welcome = new Promise((resolve) => socket.addEventListener("welcome", (event) => resolve(event.detail)));
  socket.start();
  return (await welcome).connection;
}"""


@pytest.fixture
def other_page(page: Page, monitor: Monitor) -> Page:
    """Return a page that is not the status page, and has no script of the monitor's own."""
    page.goto(monitor.address("/admin/login/"))
    return page


def test_backoff__doubles_up_to_its_cap_and_is_wholly_random_below_it(other_page: Page) -> None:
    none, half, whole = other_page.evaluate(DELAYS)
    assert whole == [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]
    assert half == [delay / 2 for delay in whole]
    assert none == [0] * 8


def test_backoff__begins_anew_after_a_connection_that_lasted(other_page: Page) -> None:
    assert other_page.evaluate(LASTED) == 1000


def test_module__reports_from_any_other_page(other_page: Page, monitor: Monitor) -> None:
    connection = other_page.evaluate(OTHER_PAGE)
    row = monitor.connection(connection)
    assert row is None or row["state"] == "open"
    other_page.goto("about:blank")
