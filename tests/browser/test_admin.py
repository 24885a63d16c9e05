"""The admin pages of connections, as an operator uses them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.monitor import Monitor, eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SELECTORS = {"id": "#connection-id", "tab": "#tab-id"}


@pytest.fixture
def ended(operator: BrowserContext, monitor: Monitor) -> dict[str, str]:
    """Return the ID and the tab ID of a connection that has ended."""
    page = operator.new_page()
    page.goto(monitor.address("/"))
    expect(page.locator("#connection-id")).to_have_text(re.compile("-"))
    shown = {name: page.locator(selector).inner_text() for name, selector in SELECTORS.items()}
    page.close()
    eventually(lambda: (row := monitor.connection(shown["id"])) and row["tab_id"] and row["state"] == "closed")
    return shown


def test_timeline__opens_by_a_link_in_the_latest_ends(
    operator: BrowserContext, monitor: Monitor, ended: dict[str, str]
) -> None:
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/"))
    page.locator(f"#ends-table tr[data-key='{ended['id']}']").get_by_role("link").first.click()

    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    steps = page.locator(".lifecycle-timeline .title")
    expect(steps.first).to_have_text("Handshake from 127.0.0.1")
    expect(steps.last).to_have_text("Closed by the client: 1001")
    expect(page.locator(".lifecycle-timeline")).to_contain_text("The page sends hello")


@pytest.mark.parametrize("name", ["id", "tab"])
def test_list__search_finds_a_connection(
    operator: BrowserContext, monitor: Monitor, ended: dict[str, str], name: str
) -> None:
    page = operator.new_page()
    page.goto(monitor.address("/admin/lifecycle/connection/"))
    page.get_by_role("textbox", name="Search").fill(ended[name])
    page.keyboard.press("Enter")
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").first.click()

    expect(page).to_have_url(re.compile(ended["id"]))
