"""Fixtures of the browser tests: one Chromium and one monitor for all, a fresh context for each test.

The browser's fixtures end with this package: its driver keeps an event loop running, beside which no other test
could run one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.faults import Faults
from tests.browser.monitor import Monitor, bring_session, session_at

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_IT = "There is no Chromium on this machine. On Debian: apt-get install chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: Generous, for a loaded machine.
PATIENCE_MS = 20_000
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

NewContext = Callable[..., BrowserContext]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Return the browser; without Chromium, fail in CI and skip elsewhere."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail(HOW_TO_GET_IT) if os.environ.get("CI") == "true" else pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def only_monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """Start the monitor as `make run` does."""
    with Monitor(tmp_path_factory.mktemp("monitor") / "data", "manage.py", "start") as one:
        yield one
        assert one.complaints() == []


@pytest.fixture
def monitor(only_monitor: Monitor) -> Iterator[Monitor]:
    """Return the monitor; start it again after a test that stopped it."""
    yield only_monitor
    if only_monitor.process.poll() is not None:
        only_monitor.start()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Watch for faults in pages; fail at the end if there was an unexpected one."""
    faults = Faults()
    yield faults
    assert faults.unexpected() == []


@pytest.fixture
def new_context(chromium: Browser, faults: Faults) -> Iterator[NewContext]:
    """Return a function that makes a browser context: cookies and storage of its own."""
    with ExitStack() as stack:

        def make(**options: Any) -> BrowserContext:  # noqa: ANN401 - of Browser.new_context
            context = chromium.new_context(**(DESK | options))
            context.set_default_timeout(PATIENCE_MS)
            faults.watch(context)
            return stack.enter_context(context)

        yield make


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """Return a tab of a visitor who is not signed in."""
    return new_context().new_page()


@pytest.fixture(scope="package")
def session_key(chromium: Browser, only_monitor: Monitor) -> str:
    """Return the key of the operator's session, one for all tests."""
    return session_at(only_monitor, chromium)


@pytest.fixture
def operator(new_context: NewContext, monitor: Monitor, session_key: str) -> BrowserContext:
    """Return a context in which the operator is signed in."""
    context = new_context()
    bring_session(context, monitor, session_key)
    return context
