"""The live page with 100 endpoints in 30 processes: its length, its tables and colours, and what moves on it.

One test writes pictures of the page into ``screenshots/``, for review by a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import looks
from tests.browser.conftest import DESK, NewContext
from tests.browser.crowd import ENDPOINTS
from tests.browser.monitor import Monitor, bring_session, eventually, session_at
from tests.browser.test_looks import DARK, PHONE, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Window = dict[str, Any]
WINDOWS = [
    pytest.param("light", DESK, id="light"),
    pytest.param("dark", DESK | DARK, id="dark"),
    pytest.param("390", PHONE, id="390-px"),
]
#: The page on a phone may have about seven screens.
PHONE_HEIGHT = 6000
#: Records how far visible content moves by itself: the sum of the scores of all layout shifts.
WATCH_SHIFTS = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
SHIFT_LIMIT = 0.05
#: Longer than the pause between two sorts.
SORTED_MS = 6500
COLOURS = """() => [...document.querySelectorAll("#open-legend li")].map((entry) =>
  [entry.querySelector(".name").textContent, getComputedStyle(entry.querySelector(".swatch")).backgroundColor])"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """Start a monitor with a synthetic feed and history."""
    with Monitor(tmp_path_factory.mktemp("crowd") / "data", "-m", "tests.browser.crowd") as monitor:
        yield monitor
        assert monitor.complaints() == []


@pytest.fixture(scope="module")
def crowd_session(chromium: Browser, crowd: Monitor) -> str:
    """Return the key of the operator's session."""
    return session_at(crowd, chromium)


@pytest.fixture
def opened(new_context: NewContext, crowd: Monitor, crowd_session: str) -> Any:  # noqa: ANN401 - a function
    """Return a function that opens the live page in a window, and waits until all numbers have arrived."""

    def open_page(window: Window = DESK) -> Page:
        context = new_context(**window)
        bring_session(context, crowd, crowd_session)
        context.add_init_script(WATCH_SHIFTS)
        page = context.new_page()
        page.goto(crowd.address("/dashboard/"))
        expect(page.locator("#live")).to_have_attribute("data-feed", "live")
        expect(page.locator("#live")).to_have_attribute("data-history", "read")
        expect(rows(page, "endpoints")).to_have_count(10)
        return page

    return open_page


def rows(page: Page, table: str) -> Locator:
    """Return the rows of a table."""
    return page.locator(f"#{table}-table tbody tr")


def header(page: Page, table: str, name: str) -> Locator:
    """Return the header of a column."""
    return page.locator(f"#{table}-table thead th").filter(has=page.get_by_role("button", name=name, exact=True))


def numbers(page: Page, table: str, label: str) -> list[int]:
    """Return the numbers in a column."""
    texts = page.locator(f'#{table}-table tbody [data-label="{label}"]').all_inner_texts()
    return [int(text.replace(",", "")) for text in texts]


def keys(page: Page, table: str) -> list[str]:
    """Return the keys of a table's rows, in order."""
    return page.evaluate(
        f"() => [...document.querySelectorAll('#{table}-table tbody tr')].map(r => r.dataset.key)"
    )


@pytest.mark.parametrize(("name", "window"), WINDOWS)
def test_crowd__is_readable(opened: Any, name: str, window: Window) -> None:  # noqa: ANN401
    page = opened(window)
    expect(page.locator("#closes-table tbody tr")).to_have_count(10)
    picture(page, f"crowd-{name}")
    assert looks.sideways(page) == 0
    # Each of the latest ends has one line, so that nothing below it moves. A tooltip has the name that is cut off.
    assert [texts for texts in looks.overlapping(page, ".live") if not texts.startswith("ws/")] == []
    assert [text for text in looks.cut_off(page, ".live") if not text.startswith("TD.endpoint")] == []
    assert looks.not_drawn(page, "open") == []


def test_phone__has_about_seven_screens(opened: Any) -> None:  # noqa: ANN401
    page = opened(PHONE)
    assert page.evaluate("() => document.documentElement.scrollHeight") < PHONE_HEIGHT


@pytest.mark.parametrize("window", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("sidebar", ["true", "false"])
def test_load__moves_nothing(opened: Any, window: Window, sidebar: str) -> None:  # noqa: ANN401
    page = opened(window)
    page.evaluate("(open) => localStorage.setItem('django.admin.navSidebarIsOpen', open)", sidebar)
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-history", "read")
    expect(rows(page, "endpoints")).to_have_count(10)
    page.wait_for_timeout(2500)
    assert page.evaluate("() => window.shift") < SHIFT_LIMIT


def test_order__processes_come_before_endpoints(opened: Any) -> None:  # noqa: ANN401
    titles = opened().locator(".live h2").all_inner_texts()
    assert titles.index("Server processes") < titles.index("Endpoints")


def test_colours__go_to_the_largest_endpoints_and_stay(opened: Any) -> None:  # noqa: ANN401
    page = opened()
    before = page.evaluate(COLOURS)
    assert len(before) == 8
    assert [name for name, _ in before][-1] == "all others"
    largest = page.locator("#endpoints-table tbody th").all_inner_texts()[:7]
    assert {name for name, _ in before[:7]} == set(largest)
    page.wait_for_timeout(5000)
    assert page.evaluate(COLOURS) == before
    patch = rows(page, "endpoints").first.locator(".swatch")
    assert patch.evaluate("(node) => getComputedStyle(node).backgroundColor") in [colour for _, colour in before]


def test_tables__show_their_largest_ten_rows_and_the_rest_on_request(opened: Any) -> None:  # noqa: ANN401
    page = opened()
    shown = numbers(page, "endpoints", "Open")
    assert sorted(shown, reverse=True)[:3] == shown[:3]
    more = page.get_by_role("button", name=f"Show all {ENDPOINTS}")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.click()
    expect(rows(page, "endpoints")).to_have_count(ENDPOINTS)
    button = page.get_by_role("button", name="Show the top 10 only")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(rows(page, "endpoints")).to_have_count(10)


@pytest.mark.parametrize("table", ["processes", "closes"])
def test_tables__of_processes_and_closes_have_ten_rows_too(opened: Any, table: str) -> None:  # noqa: ANN401
    page = opened()
    expect(rows(page, table)).to_have_count(10)
    page.locator(f"#{table}-table-more").click()
    eventually(lambda: rows(page, table).count() > 10)


def test_sort__by_keyboard_is_announced_and_remembered(opened: Any) -> None:  # noqa: ANN401
    page = opened()
    expect(header(page, "endpoints", "Open")).to_have_attribute("aria-sort", "descending")
    header(page, "endpoints", "Refused").get_by_role("button").focus()
    page.keyboard.press("Enter")

    expect(header(page, "endpoints", "Refused")).to_have_attribute("aria-sort", "descending")
    expect(header(page, "endpoints", "Open")).not_to_have_attribute("aria-sort", re.compile("."))
    shown = numbers(page, "endpoints", "Refused")
    assert sorted(shown, reverse=True) == shown
    page.keyboard.press("Enter")
    expect(header(page, "endpoints", "Refused")).to_have_attribute("aria-sort", "ascending")
    shown = numbers(page, "endpoints", "Refused")
    assert sorted(shown) == shown
    page.reload()
    expect(header(page, "endpoints", "Refused")).to_have_attribute("aria-sort", "ascending")
    expect(header(page, "processes", "Open")).to_have_attribute("aria-sort", "descending")


def test_sort__silent_processes_first(opened: Any) -> None:  # noqa: ANN401
    page = opened()
    header(page, "processes", "State").get_by_role("button").click()
    expect(rows(page, "processes").first.locator(".state")).to_have_text("silent")


def test_rows__do_not_move_while_the_pointer_is_in_the_table(opened: Any) -> None:  # noqa: ANN401
    page = opened()
    header(page, "processes", "Spool").get_by_role("button").click()  # these numbers change with each tick
    rows(page, "processes").nth(4).hover()
    held = keys(page, "processes")
    before = numbers(page, "processes", "Spool")
    page.wait_for_timeout(SORTED_MS)
    assert keys(page, "processes") == held
    assert numbers(page, "processes", "Spool") != before
    page.mouse.move(5, 5)
    eventually(lambda: keys(page, "processes") != held)
