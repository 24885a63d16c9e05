"""The start and the end of an outage are logged once each."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError

from lifecycle.outages import Outage, is_bug


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return the captured log, with warnings."""
    caplog.set_level(logging.WARNING, "lifecycle")
    return caplog


def an_outage(quiet_seconds: float = 0.0) -> Outage:
    """Return an outage with short messages."""
    return Outage("failed: %s", "works", quiet_seconds)


def test_outage__start_and_end_are_logged_once(log: pytest.LogCaptureFixture) -> None:
    outage = an_outage()
    for _ in range(3):
        outage.failed(OSError("gone"))
    for _ in range(3):
        outage.succeeded()
    assert log.messages == ["failed: gone", "works; number of failures: 3"]


def test_outage__second_one_of_the_same_kind_is_logged_again(log: pytest.LogCaptureFixture) -> None:
    outage = an_outage()
    for _ in range(2):
        outage.failed(OSError("gone"))
        outage.succeeded()
    assert log.messages == ["failed: gone", "works; number of failures: 1"] * 2


def test_outage__each_exception_class_is_logged(log: pytest.LogCaptureFixture) -> None:
    outage = an_outage()
    for error in (OSError("gone"), TimeoutError("late"), OSError("gone")):
        outage.failed(error)
    assert log.messages == ["failed: gone", "failed: late"]


def test_outage__goes_on_while_successes_and_failures_alternate(log: pytest.LogCaptureFixture) -> None:
    outage = an_outage(quiet_seconds=60)
    for _ in range(3):
        outage.failed(OSError("gone"))
        outage.succeeded()
    assert log.messages == ["failed: gone"]
    outage.failed_at -= 60
    outage.succeeded()
    assert log.messages == ["failed: gone", "works; number of failures: 3"]


def test_outage__success_without_a_failure_is_not_logged(log: pytest.LogCaptureFixture) -> None:
    an_outage().succeeded()
    assert log.messages == []


@pytest.mark.parametrize(
    ("error", "bug"),
    [(OSError(), False), (TimeoutError(), False), (OperationalError(), False), (TypeError(), True)],
    ids=lambda value: type(value).__name__,
)
def test_outage__only_a_bug_is_logged_with_its_traceback(
    log: pytest.LogCaptureFixture, error: Exception, bug: bool
) -> None:
    an_outage().failed(error)
    assert is_bug(error) is bug
    assert [bool(record.exc_info) for record in log.records] == [bug]
