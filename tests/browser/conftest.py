"""Fixtures of the browser tests. They share one Chromium and one monitor; each test has a new browser context.

The browser must be closed at the end of this package because its driver keeps an event loop running, and tests of
other packages could not run their own event loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.faults import Faults
from tests.browser.monitor import Monitor, bring_session, session_at
from tests.programs import program

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: A long timeout, because the machine may be busy.
PATIENCE_MS = 20_000
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

NewContext = Callable[..., BrowserContext]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Return the browser. If Chromium is not installed, fail in CI and skip the tests elsewhere."""
    path = program(*PROGRAMS, package="chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def only_monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """Start the monitor with the same command as `make run`."""
    with Monitor(tmp_path_factory.mktemp("monitor") / "data", "manage.py", "start") as started:
        yield started
        assert started.complaints() == []


@pytest.fixture
def monitor(only_monitor: Monitor) -> Iterator[Monitor]:
    """Return the monitor, and restart it after a test that stopped it."""
    yield only_monitor
    if only_monitor.process.poll() is not None:
        only_monitor.start()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Record the faults of pages, and fail at the end if there was an unexpected fault."""
    faults = Faults()
    yield faults
    assert faults.unexpected() == []


@pytest.fixture
def new_context(chromium: Browser, faults: Faults) -> Iterator[NewContext]:
    """Return a function that creates a browser context, which has its own cookies and storage."""
    with ExitStack() as stack:

        def make(**options: Any) -> BrowserContext:  # noqa: ANN401 - the options of Browser.new_context
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
    """Return the key of the operator's session, which all tests share."""
    return session_at(only_monitor, chromium)


@pytest.fixture
def operator(new_context: NewContext, monitor: Monitor, session_key: str) -> BrowserContext:
    """Return a context in which the operator is signed in."""
    context = new_context()
    bring_session(context, monitor, session_key)
    return context
