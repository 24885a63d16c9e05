"""The executor with one daemon thread."""

from __future__ import annotations

import threading
import weakref

import pytest

from lifecycle.record.daemon_executor import DaemonThreadExecutor


def test_executor__runs_calls_in_order_and_passes_errors_on() -> None:
    executor, done = DaemonThreadExecutor("test-executor"), []
    futures = [executor.submit(done.append, number) for number in range(20)]
    failing = executor.submit(int, "not a number")
    futures[-1].result(5)
    assert done == list(range(20))
    with pytest.raises(ValueError, match="not a number"):
        failing.result(5)
    assert executor.submit(int, "7").result(5) == 7


def test_executor__skips_cancelled_calls() -> None:
    executor, begun, go = DaemonThreadExecutor("test-executor"), threading.Event(), threading.Event()

    def block() -> None:
        begun.set()
        go.wait(5)

    blocked = executor.submit(block)
    begun.wait(5)
    skipped = executor.submit(int, "1")
    assert skipped.cancel()
    go.set()
    blocked.result(5)
    assert executor.submit(int, "2").result(5) == 2


def test_executor__has_a_daemon_thread() -> None:
    DaemonThreadExecutor("test-daemon")
    assert [one.daemon for one in threading.enumerate() if one.name == "test-daemon"] == [True]


class Cursor:
    """An object that only its own thread may release."""


def test_executor__releases_the_local_variables_of_failed_calls() -> None:
    held: list[weakref.ref[Cursor]] = []

    def fails() -> None:
        cursor = Cursor()
        held.append(weakref.ref(cursor))
        raise ValueError("locked")

    def fails_of_that() -> None:
        cursor = Cursor()
        held.append(weakref.ref(cursor))
        try:
            fails()
        except ValueError as error:
            raise RuntimeError("the database is locked") from error

    error = DaemonThreadExecutor("test-executor").submit(fails_of_that).exception(5)
    assert isinstance(error, RuntimeError)
    assert [one() for one in held] == [None, None]
