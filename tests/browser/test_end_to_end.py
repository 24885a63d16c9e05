"""End to end: a connection appears on the live page and ends, and the admin explains its end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import stopwatch
from tests.browser.conftest import NewContext
from tests.browser.monitor import Monitor, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
#: The dashboard must show a change within this many seconds. A tick takes one second.
FRESH = 1.5


def open_status_page(page: Page, monitor: Monitor) -> None:
    """Open the status page, and wait until its socket is open."""
    page.goto(monitor.address("/"))
    expect(page.locator("#state")).to_have_attribute("data-state", "open")


def close(page: Page, code: str, reason: str) -> None:
    """Close the socket of the status page with its form."""
    page.get_by_label("Close code").select_option(code)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#state")).to_have_attribute("data-state", "closed")


def test_monitor__shows_a_connection_as_it_opens_and_why_it_ended(
    new_context: NewContext, monitor: Monitor
) -> None:
    context = new_context()
    status, dashboard, another = (context.new_page() for _ in range(3))
    open_status_page(status, monitor)
    stopwatch.start(dashboard)
    sign_in(dashboard, monitor, "/dashboard/")
    expect(dashboard.locator("#tile-open [data-value]")).to_have_text("1")

    stopwatch.start(another)
    open_status_page(another, monitor)
    expect(dashboard.locator("#tile-open [data-value]")).to_have_text("2")
    opened = stopwatch.moment(another, "state", "open")
    assert stopwatch.moment(dashboard, "tile", "2") - opened < FRESH

    close(another, "4001", "why")
    end = dashboard.locator("#ends-table tbody tr").first
    expect(end.locator(".code")).to_have_text("4001")
    expect(end.locator(".cause-name")).to_have_text("client closed with its own code")
    explained = dashboard.locator("#closes-table tbody tr").filter(has_text="4001")
    expect(explained.locator(".code-name")).to_have_text("private: defined by the application")
    expect(explained.locator(".count")).to_have_text("1")
    expect(explained.locator(".meaning")).to_contain_text("closed the connection on purpose")
    expect(explained.locator(".next")).to_contain_text("Look up the code and the reason")

    end.get_by_role("link").first.click()
    expect(dashboard.locator("#verdict-title")).to_have_text(re.compile("4001.*own code", re.DOTALL))
    expect(dashboard.locator(".lifecycle-timeline")).to_contain_text("4001 “why”")
