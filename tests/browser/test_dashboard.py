"""The live page in a browser: feed, ranges, tables, theme and access control."""

from __future__ import annotations

import re
import signal
import socket
from contextlib import ExitStack

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.faults import Faults
from tests.browser.monitor import Monitor, bring_session, eventually
from tests.integration.raw_socket import request
from tests.integration.servers import manage
from tests.ports import HOST

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAKE_VISITOR = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_user("visitor", is_staff=False)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print("key", session.session_key)
"""


@pytest.fixture
def dashboard(operator: BrowserContext, monitor: Monitor) -> Page:
    """Return the live page after its numbers have arrived."""
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/"))
    expect(page.locator("#live")).to_have_attribute("data-feed", "live")
    expect(page.locator("#live")).to_have_attribute("data-history", "read")
    return page


def visit(dashboard: Page, monitor: Monitor) -> str:
    """Open and close a connection, wait until it is recorded, and return its ID."""
    page = dashboard.context.new_page()
    page.goto(monitor.address("/"))
    expect(page.locator("#connection-id")).to_have_text(re.compile("-"))
    connection = page.locator("#connection-id").inner_text()
    page.close()
    eventually(lambda: (row := monitor.connection(connection)) and row["state"] == "closed")
    return connection


def test_trust__says_how_many_refused_handshakes_have_no_row(dashboard: Page, monitor: Monitor) -> None:
    sentence = dashboard.locator("#trust-unstored")
    expect(sentence).to_be_hidden()
    with ExitStack() as stack:
        # At once, so that even a slow machine exceeds the rate.
        clients = [stack.enter_context(socket.create_connection((HOST, monitor.port))) for _ in range(100)]
        for client in clients:
            client.sendall(request("/ws/nowhere/", {}))
        assert all(b" 403 " in client.recv(100) for client in clients)
    expect(sentence).to_have_text(re.compile(r"^\d+ refused handshakes are counted, but have no rows$"))


def test_feed__shows_that_it_is_lost_and_reconnects_automatically(
    dashboard: Page, monitor: Monitor, faults: Faults
) -> None:
    faults.expect("WebSocket connection to .* failed", "Failed to load resource: net::ERR_")
    monitor.stop(signal.SIGTERM)
    expect(dashboard.locator("#feed-state")).to_have_text(
        re.compile(r"feed lost since \d\d:\d\d:\d\d, reconnecting")
    )
    expect(dashboard.locator("#live")).to_have_attribute("data-feed", "lost")
    monitor.start()

    expect(dashboard.locator("#feed-state")).to_have_text("live")
    expect(dashboard.locator("#trust-processes")).to_have_text("1 process reporting")


def test_ranges__are_chosen_by_keyboard_and_kept_in_the_url(dashboard: Page) -> None:
    dashboard.locator('[data-range="15m"]').focus()
    for _ in range(2):
        dashboard.keyboard.press("Tab")
    dashboard.keyboard.press("Enter")

    chosen = dashboard.locator('.ranges [aria-pressed="true"]')
    expect(chosen).to_have_text("6 h")
    expect(dashboard.locator("#live")).to_have_attribute("data-history", "read")
    expect(dashboard.locator("#closes-range")).to_have_text("6 h")
    dashboard.reload()
    expect(chosen).to_have_text("6 h")


@pytest.mark.parametrize("chart", ["open", "closes"])
def test_chart__table_opens_by_keyboard_and_has_rows(dashboard: Page, monitor: Monitor, chart: str) -> None:
    visit(dashboard, monitor)
    dashboard.locator(f"#{chart}-table-toggle").focus()
    dashboard.keyboard.press("Enter")

    table = dashboard.locator(f"#{chart}-as-table table")
    expect(table.locator("tbody tr").nth(14)).to_be_visible()
    expect(table.locator("thead th").last).to_have_text("Total")
    expect(table.locator("caption")).to_contain_text("in each step of 1 min" if chart == "closes" else "Open")


def test_chart__process_start_is_listed_with_the_table(dashboard: Page) -> None:
    dashboard.locator("#open-table-toggle").click()

    expect(dashboard.locator("#marks-list li").first).to_have_text(re.compile(r"\d\d:\d\d:\d\d .+:\d+ started"))


def test_pause__stops_updates_of_the_latest_ends_only(dashboard: Page, monitor: Monitor) -> None:
    newest = dashboard.locator("#ends-table tbody tr").first
    before = visit(dashboard, monitor)
    expect(newest).to_have_attribute("data-key", before)
    closed = dashboard.locator("#endpoints-table tr", has_text="ws/status/").locator('[data-label="Closed"]')
    count = int(closed.inner_text())
    dashboard.get_by_role("button", name="Pause").click()
    expect(dashboard.locator("#ends-note")).to_contain_text("paused at")
    after = visit(dashboard, monitor)

    expect(closed).to_have_text(str(count + 1))
    expect(newest).to_have_attribute("data-key", before)
    dashboard.get_by_role("button", name="Resume").click()
    expect(newest).to_have_attribute("data-key", after)


def test_theme__button_of_the_admin_changes_page_and_charts(dashboard: Page) -> None:
    panel, canvas = dashboard.locator(".panel").first, dashboard.locator("#chart-open")
    expect(panel).to_have_css("background-color", "rgb(255, 255, 255)")
    light = canvas.screenshot()
    switch = dashboard.locator(".theme-toggle:visible")
    switch.click()  # from the system's theme, which is light here, to the dark theme
    expect(dashboard.locator("html")).to_have_attribute("data-theme", "dark")

    expect(panel).not_to_have_css("background-color", "rgb(255, 255, 255)")
    assert canvas.screenshot() != light


def test_anonymous_user__is_redirected_to_the_login_page(page: Page, monitor: Monitor) -> None:
    page.goto(monitor.address("/dashboard/"))

    expect(page).to_have_url(re.compile(r"/admin/login/\?next=/dashboard/$"))
    expect(page.locator("#live")).to_have_count(0)


def test_user_without_staff_status__gets_403_and_no_data(
    new_context: NewContext, monitor: Monitor, faults: Faults
) -> None:
    faults.expect("Failed to load resource: the server responded with a status of 403")
    output = manage(monitor.data, "shell", "-v", "0", "-c", MAKE_VISITOR)
    context = new_context()
    bring_session(context, monitor, output.split("key ")[1].strip())
    page = context.new_page()
    answer = page.goto(monitor.address("/dashboard/"))

    assert answer
    assert answer.status == 403
    assert not re.search("socket|connection|process|ws/", page.content())
