"""The list of connections in a browser: links from the live page, keyboard, and new connections at its top."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import looks
from tests.browser.conftest import NewContext
from tests.browser.monitor import Monitor, bring_session, eventually
from tests.browser.test_dashboard import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROWS = "#connections-table tbody tr"


@pytest.fixture
def explorer(operator: BrowserContext, monitor: Monitor) -> Page:
    """Return the list of connections."""
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/connections/"))
    return page


def test_new_connections__appear_at_the_top_until_the_list_is_paused(explorer: Page, monitor: Monitor) -> None:
    first = visit(explorer, monitor)
    newest = explorer.locator(ROWS).first
    expect(newest).to_have_attribute("data-key", first)
    expect(newest).to_contain_text("client left the page")
    expect(explorer.locator("#no-rows")).to_be_hidden()

    explorer.get_by_role("button", name="Pause").click()
    expect(explorer.locator("#updates")).to_contain_text("paused at")
    second = visit(explorer, monitor)
    explorer.wait_for_timeout(6_000)
    expect(newest).to_have_attribute("data-key", first)
    explorer.get_by_role("button", name="Resume").click()
    expect(newest).to_have_attribute("data-key", second)
    expect(explorer.locator("#updates")).to_contain_text("1 new connection at")


def test_filters__are_set_and_removed_by_keyboard(explorer: Page, monitor: Monitor) -> None:
    visit(explorer, monitor)
    explorer.get_by_label("Search", exact=True).focus()
    explorer.keyboard.type("status")
    explorer.keyboard.press("Enter")
    expect(explorer).to_have_url(re.compile(r"/connections/\?q=status$"))
    expect(explorer.locator(ROWS).first).to_be_visible()

    explorer.get_by_role("link", name="Remove the filter Search").focus()
    explorer.keyboard.press("Enter")
    expect(explorer.locator(".chip")).to_have_count(0)


def test_list__can_be_read_without_scripts(new_context: NewContext, monitor: Monitor, session_key: str) -> None:
    context = new_context(java_script_enabled=False)
    bring_session(context, monitor, session_key)
    page = context.new_page()
    page.goto(monitor.address("/dashboard/connections/?since=7d"))
    page.locator("#filter-state").select_option("closed")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".chip")).to_have_text([re.compile("Since: 7d"), re.compile("State: closed")])


def test_live_page__leads_from_an_end_and_from_a_count_to_their_connections(
    operator: BrowserContext, monitor: Monitor
) -> None:
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/"))
    connection = visit(page, monitor)
    link = r"/connections/\?state=closed&cause=client_going_away&code=1001&ended_since=\d+&ended_until=\d+$"

    def leads_to_the_connection() -> bool:
        # Until the page has read a history that contains the end.
        page.goto(monitor.address("/dashboard/"))
        page.locator("#closes-table .count a").first.click()
        expect(page).to_have_url(re.compile(link))
        return page.locator(f'{ROWS}[data-key="{connection}"]').count() == 1

    eventually(leads_to_the_connection)
    page.go_back()
    page.get_by_role("link", name="open now").click()
    expect(page.locator(".chip")).to_have_text([re.compile("State: open")])


def test_connection__link_leads_to_its_page(explorer: Page, monitor: Monitor) -> None:
    connection = visit(explorer, monitor)
    explorer.locator(f'{ROWS}[data-key="{connection}"] a').click()
    expect(explorer).to_have_url(re.compile(f"/admin/lifecycle/connection/{connection}/change/"))


@pytest.mark.parametrize("width", [390, 1440])
def test_list__fits_the_window(new_context: NewContext, monitor: Monitor, session_key: str, width: int) -> None:
    context = new_context(viewport={"width": width, "height": 844})
    bring_session(context, monitor, session_key)
    page = context.new_page()
    visit(page, monitor)
    page.goto(monitor.address("/dashboard/connections/?q=ws&abnormal=no&code=1001"))
    expect(page.locator(".chip")).to_have_count(3)
    assert looks.sideways(page) == 0
    assert looks.cut_off(page, ".live") == []
    assert looks.overlapping(page, ".live") == []
