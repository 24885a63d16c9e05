"""The status page: it keeps a connection open, logs its events, and reports each end to the server."""

from __future__ import annotations

import json
import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.faults import Faults
from tests.browser.monitor import Monitor, eventually
from tests.integration.rows import Row

pytestmark = [pytest.mark.browser, pytest.mark.slow]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def status(page: Page, monitor: Monitor) -> Page:
    """Return a status page with an open socket."""
    page.goto(monitor.address("/"))
    connection_of(page)
    return page


def connection_of(page: Page) -> str:
    """Wait for the server's welcome, and return the ID of the page's connection."""
    expect(page.locator("#state")).to_have_attribute("data-state", "open")
    expect(page.locator("#connection-id")).to_have_text(UUID)
    return page.locator("#connection-id").inner_text()


def log_of(page: Page, kind: str) -> list[str]:
    """Return the log entries of this kind, newest first."""
    return page.locator(f'#log [data-kind="{kind}"] span').all_inner_texts()


def ended(monitor: Monitor, connection: str) -> Row | None:
    """Return a connection's row if the connection has ended, or else ``None``."""
    row = monitor.connection(connection)
    return row if row and row["state"] == "closed" else None


def reported(monitor: Monitor, connection: str) -> Row:
    """Wait until the client's report of a connection's end is in its row, and return the row."""

    def look() -> Row | None:
        row = monitor.connection(connection)
        return row if row and row["client_was_clean"] is not None else None

    return eventually(look)


def test_echo__comes_back(status: Page) -> None:
    status.get_by_label("Text for the server to send back").fill("Grüße, 世界")
    status.keyboard.press("Enter")

    expect(status.locator("#echo-reply")).to_have_text("Grüße, 世界")
    assert json.loads(log_of(status, "message")[0]) == {"type": "received", "text": "Grüße, 世界"}
    assert json.loads(log_of(status, "sent")[0]) == {"type": "echo", "text": "Grüße, 世界"}


def test_heartbeat__round_trip_is_shown_as_number_summary_and_table(status: Page) -> None:
    expect(status.locator("#rtt")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(status.locator("#rtt-summary")).to_contain_text("median")
    expect(status.locator("#rtt-rows tr")).to_have_count(1)


@pytest.mark.parametrize(
    ("code", "reason", "sent"),
    [
        pytest.param("1000", "", "1000", id="1000"),
        pytest.param("4321", "had enough", "4321 “had enough”", id="4321-had-enough"),
    ],
)
def test_close__shows_the_sent_and_the_received_code_and_stays_closed(
    status: Page, monitor: Monitor, code: str, reason: str, sent: str
) -> None:
    connection = connection_of(status)
    status.get_by_label("as a number").fill(code)
    status.get_by_label("Reason").fill(reason)
    status.get_by_role("button", name="Close", exact=True).click()

    expect(status.locator("#state-name")).to_have_text("Closed")
    expect(status.locator("#last-sent")).to_have_text(sent)
    # Daphne's WebSocket library answers every close frame with 1000, and the browser reports that code.
    expect(status.locator("#close-code")).to_have_text("1000")
    expect(status.locator("#close-name")).to_have_text("normal closure")
    expect(status.locator("#last-clean")).to_contain_text("yes")
    expect(status.locator("#next-try")).to_be_hidden()
    assert log_of(status, "page")[0] == f"closing with {code}"
    assert log_of(status, "close")[0] == "1000 normal closure · clean"
    row = eventually(lambda: ended(monitor, connection))
    assert (row["close_code"], row["close_reason"]) == (int(code), reason)


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        pytest.param("1001", "", "A page may close with 1000, or with 3000 to 4999", id="code-not-for-scripts"),
        pytest.param("1000", "ä" * 62, "The reason is 124 bytes", id="reason-too-long"),
    ],
)
def test_close__invalid_code_or_reason_shows_an_error(status: Page, code: str, reason: str, words: str) -> None:
    status.get_by_label("as a number").fill(code)
    status.get_by_label("Reason").fill(reason)
    status.get_by_role("button", name="Close", exact=True).click()

    expect(status.locator("#close-error")).to_contain_text(words)
    expect(status.locator("#state")).to_have_attribute("data-state", "open")


def test_drop__is_reported_as_1006_and_the_page_reconnects(status: Page, monitor: Monitor) -> None:
    dropped = connection_of(status)
    status.get_by_role("button", name="Drop").click()
    expect(status.locator("#connection-id")).not_to_have_text(dropped)

    assert connection_of(status) != dropped
    expect(status.locator("#close-code")).to_have_text("1006")
    expect(status.locator("#close-name")).to_have_text("given up by the page")
    row = reported(monitor, dropped)
    assert (row["client_close_code"], row["client_was_clean"]) == (1006, False)
    assert (row["close_code"], row["cause"]) == (1005, "client_no_status")


def test_reconnect__closes_with_1000_and_opens_a_new_connection(status: Page, monitor: Monitor) -> None:
    first = connection_of(status)
    status.get_by_role("button", name="Reconnect now").click()
    expect(status.locator("#connection-id")).not_to_have_text(first)

    second = connection_of(status)
    row = reported(monitor, first)
    assert (row["client_close_code"], row["client_was_clean"], row["cause"]) == (1000, True, "client_normal")
    assert len(log_of(status, "open")) == 2
    assert str(eventually(lambda: monitor.connection(second))["previous_id"]) == first


def test_note__is_recorded_for_the_connection(status: Page, monitor: Monitor) -> None:
    status.get_by_label("Note to report").fill("the picture froze")
    status.get_by_role("button", name="Report").click()

    expect(status.locator("#note-reply")).to_have_text("Sent.")
    notes = "SELECT note FROM lifecycle_clientreport WHERE note = 'the picture froze'"
    assert len(eventually(lambda: monitor.rows.select(notes))) == 1


def test_reload__keeps_the_tab_id_and_opens_a_new_connection(status: Page, monitor: Monitor) -> None:
    left, tab = connection_of(status), status.locator("#tab-id").inner_text()
    status.reload()

    assert connection_of(status) != left
    assert status.locator("#tab-id").inner_text() == tab
    row = reported(monitor, left)
    assert (row["client_close_code"], row["client_was_clean"], row["tab_id"]) == (1001, True, tab)


def test_server_killed__page_reconnects_and_reports_the_end(
    status: Page, monitor: Monitor, faults: Faults
) -> None:
    faults.expect("WebSocket connection to .* failed")
    lost = connection_of(status)
    eventually(lambda: monitor.connection(lost))
    monitor.stop(signal.SIGKILL)
    expect(status.locator("#state")).to_have_attribute("data-state", "waiting")
    expect(status.locator("#close-code")).to_have_text("1006")
    expect(status.locator("#state-about")).to_contain_text("Refused or unreachable")
    expect(status.locator("#next-try")).to_contain_text("Next try in")
    monitor.start()

    expect(status.locator("#connection-id")).to_have_text(UUID)
    new = connection_of(status)
    row = reported(monitor, lost)
    assert (row["client_close_code"], row["client_was_clean"], row["cause"]) == (1006, False, "process_lost")
    assert row["client_offline_ms"] > 0
    assert str(eventually(lambda: monitor.connection(new))["previous_id"]) == lost
    expect(status.locator("#close-code")).to_have_text("1006")
