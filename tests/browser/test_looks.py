"""The layout of the pages with real traffic: no text is cut off, no texts overlap, no chart is empty.

Each test also writes a picture of its page into ``screenshots/``, for review by a person.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import looks
from tests.browser.conftest import DESK, NewContext
from tests.browser.monitor import Monitor, bring_session, session_at
from tests.integration.servers import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = ROOT / "screenshots"
TABLET = {"viewport": {"width": 1024, "height": 768}}
PHONE = {"viewport": {"width": 390, "height": 844}}
DARK = {"color_scheme": "dark"}
WINDOWS = [
    pytest.param("light", DESK, id="light"),
    pytest.param("dark", DESK | DARK, id="dark"),
    pytest.param("1024", TABLET, id="1024-px"),
    pytest.param("390", PHONE, id="390-px"),
    pytest.param("390-dark", PHONE | DARK, id="390-px-dark"),
]
#: How many causes of ends the traffic produces at least, and how many endpoints accept it.
CAUSES, ENDPOINTS = 8, 4

Window = dict[str, Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """Start the demo, and send traffic to it."""
    with Monitor(tmp_path_factory.mktemp("demo") / "data", "-m", "tests.browser.demo") as monitor:
        command = [sys.executable, "-m", "tests.browser.traffic", "--port", str(monitor.port), "--rate", "6"]
        traffic = subprocess.Popen(command, cwd=ROOT)
        try:
            yield monitor
        finally:
            traffic.kill()
            traffic.wait()
        assert monitor.complaints() == []


@pytest.fixture(scope="module")
def demo_session(chromium: Browser, demo: Monitor) -> str:
    """Return the key of the operator's session on the demo."""
    return session_at(demo, chromium)


def picture(page: Page, name: str) -> None:
    """Write a picture of a whole page."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def fits(page: Page, root: str) -> None:
    """Assert that a page is no wider than its window, and that all its texts can be read."""
    assert looks.sideways(page) == 0
    assert looks.cut_off(page, root) == []
    assert looks.overlapping(page, root) == []


@pytest.mark.parametrize(("name", "window"), WINDOWS)
def test_dashboard__is_readable_and_has_no_empty_chart(
    new_context: NewContext, demo: Monitor, demo_session: str, name: str, window: Window
) -> None:
    context = new_context(**window)
    bring_session(context, demo, demo_session)
    page = context.new_page()
    page.goto(demo.address("/dashboard/"))
    expect(page.locator("#live")).to_have_attribute("data-history", "read")
    expect(page.locator("#open-legend li")).to_have_count(ENDPOINTS)
    expect(page.locator("#open-legend .amount").get_by_text(re.compile("[1-9]")).first).to_be_attached()
    expect(page.locator("#closes-legend li").nth(CAUSES - 1)).to_be_attached()
    expect(page.locator("#closes-table tbody tr").nth(CAUSES)).to_be_visible()

    picture(page, f"dashboard-{name}")
    fits(page, ".live")
    assert page.locator(".plot-empty:visible, .empty:visible").all_inner_texts() == []
    assert looks.not_drawn(page, "open") == []
    assert looks.not_drawn(page, "closes") == []
    for chart in ("open", "closes"):
        page.locator(f"#{chart}-table-toggle").click()
        expect(page.locator(f"#{chart}-as-table tbody tr").first).to_be_attached()
    fits(page, ".live")


@pytest.mark.parametrize(("name", "window"), WINDOWS)
def test_status_page__is_readable(new_context: NewContext, demo: Monitor, name: str, window: Window) -> None:
    page = new_context(**window).new_page()
    page.goto(demo.address("/"))
    expect(page.locator("#rtt")).to_contain_text("ms")
    page.get_by_label("Close code").select_option("4001")
    page.get_by_label("Reason").fill("a reason of some length, as people give it")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("#close-facts")).to_be_visible()

    picture(page, f"status-{name}")
    fits(page, "body")
