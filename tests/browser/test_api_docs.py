"""The documentation page of the API: it works under its strict policy, and loads nothing from other hosts."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.monitor import Monitor

pytestmark = pytest.mark.browser


def test_docs__are_shown_from_local_files_and_can_be_tried_out(operator: BrowserContext, monitor: Monitor) -> None:
    page = operator.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{monitor.url}/api/v1/")
    expect(page.get_by_role("heading", name="WebSocket lifecycle monitor")).to_be_visible()
    operation = page.locator("#operations-connections-connections")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    local = (monitor.url, "data:", "blob:")
    assert [url for url in requested if not url.startswith(local)] == []
