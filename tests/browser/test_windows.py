"""The choice of a window on the live page: ranges, dragging, keyboard, fields, addresses and comparison."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.monitor import Monitor, bring_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def dashboard(operator: BrowserContext, monitor: Monitor) -> Page:
    """Return the live page with the last 24 hours."""
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/?range=24h"))
    return when_read(page)


def when_read(page: Page) -> Page:
    """Wait until the page has read the history of its window."""
    expect(page.locator("#live")).to_have_attribute("data-history", "read")
    return page


def window_in_address(page: Page) -> tuple[int, int]:
    """Return the start and the end of the window in the address."""
    query = parse_qs(urlsplit(page.url).query)
    return int(query["from"][0]), int(query["to"][0])


def drag(page: Page, start: float, end: float) -> None:
    """Drag over the chart of open connections, between two shares of its width."""
    box = page.locator("#chart-open").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, middle)
    page.mouse.move(box["x"] + box["width"] * end, middle)
    page.mouse.up()


def test_drag__chooses_a_window_that_another_browser_can_open(
    dashboard: Page, new_context: NewContext, monitor: Monitor, session_key: str
) -> None:
    drag(dashboard, 0.75, 0.5)
    dashboard.wait_for_url(re.compile("from="))
    when_read(dashboard)
    start, end = window_in_address(dashboard)
    assert 4 * 3600 < end - start < 8 * 3600
    label = dashboard.locator("#window-label").inner_text()
    assert label.startswith("chosen window: ")

    context = new_context()
    bring_session(context, monitor, session_key)
    other = context.new_page()
    other.goto(dashboard.url)
    expect(other.locator("#window-label")).to_have_text(label)
    expect(other.locator('.ranges [aria-pressed="true"]')).to_have_count(0)


def test_back__returns_to_the_range_and_forward_to_the_window(dashboard: Page) -> None:
    drag(dashboard, 0.5, 0.75)
    dashboard.wait_for_url(re.compile("from="))
    dashboard.go_back()
    expect(dashboard.locator('.ranges [aria-pressed="true"]')).to_have_text("24 h")
    expect(dashboard.locator("#window-label")).to_be_hidden()
    dashboard.go_forward()
    expect(dashboard.locator("#window-label")).to_be_visible()


def test_drag__of_a_few_pixels_is_a_click(dashboard: Page) -> None:
    address = dashboard.url
    drag(dashboard, 0.5, 0.502)
    assert dashboard.url == address


def test_keyboard__selects_a_window_on_a_chart(dashboard: Page) -> None:
    dashboard.locator("#chart-closes").focus()
    for key in ("ArrowLeft", *["Shift+ArrowLeft"] * 4):
        dashboard.keyboard.press(key)
    expect(dashboard.locator("#selection")).to_have_text(re.compile("^selected: "))
    dashboard.keyboard.press("Enter")
    dashboard.wait_for_url(re.compile("from="))
    start, end = window_in_address(dashboard)
    assert end - start == 4 * 900
    expect(dashboard.locator("#selection")).to_have_text("")


def test_keyboard__escape_removes_the_selection(dashboard: Page) -> None:
    dashboard.locator("#chart-closes").focus()
    dashboard.keyboard.press("Shift+ArrowLeft")
    dashboard.keyboard.press("Escape")
    dashboard.keyboard.press("Enter")
    expect(dashboard.locator("#selection")).to_have_text("")
    assert "from=" not in dashboard.url


def test_fields__choose_a_window(dashboard: Page) -> None:
    dashboard.get_by_text("Choose a window").click()
    dashboard.locator("#window-from").fill("2026-01-02T03:04:05")
    dashboard.locator("#window-to").fill("2026-01-02T05:04:05")
    dashboard.get_by_role("button", name="Show", exact=True).click()
    dashboard.wait_for_url(re.compile("from="))
    start, end = window_in_address(dashboard)
    assert end - start == 7200


def test_compare__shows_the_time_before_in_the_table_too(dashboard: Page) -> None:
    dashboard.locator("#compare").check()
    dashboard.wait_for_url(re.compile("compare=1"))
    when_read(dashboard)
    dashboard.locator("#closes-table-toggle").click()
    headers = dashboard.locator("#closes-as-table thead th")
    expect(headers.last).to_have_text("previous window, total")
    dashboard.reload()
    expect(dashboard.locator("#compare")).to_be_checked()


def test_record__says_how_far_back_it_reaches(dashboard: Page) -> None:
    expect(dashboard.locator("#record-size")).to_have_text(re.compile(r"in the database"))


def test_ranges__reach_to_90_days(dashboard: Page) -> None:
    dashboard.get_by_role("button", name="90 d").click()
    when_read(dashboard)
    assert dashboard.url.endswith("?range=90d")


def test_bar__leads_to_exactly_its_connections(operator: BrowserContext, monitor: Monitor) -> None:
    visitor = operator.new_page()
    visitor.goto(monitor.address("/"))
    expect(visitor.locator("#connection-id")).to_have_text(re.compile("-"))
    visitor.close()
    page = operator.new_page()
    page.goto(monitor.address("/dashboard/?range=1h"))
    when_read(page)
    link = page.locator("#closes-legend a").first
    expect(link).to_have_attribute("href", re.compile("cause=.*ended_since="))
    amount = int(page.locator("#closes-legend .amount").first.inner_text())
    link.click()
    page.wait_for_url(re.compile("/dashboard/connections/"))
    assert page.locator("#connections-table tbody tr").count() == min(amount, 50)
