"""The executor with one daemon thread."""

from __future__ import annotations

import threading
import time
import weakref

import pytest

from lifecycle.daemon_executor import DaemonThreadExecutor


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
    executor, started, release = DaemonThreadExecutor("test-executor"), threading.Event(), threading.Event()

    def block() -> None:
        started.set()
        release.wait(5)

    blocked = executor.submit(block)
    started.wait(5)
    skipped = executor.submit(int, "1")
    assert skipped.cancel()
    release.set()
    blocked.result(5)
    assert executor.submit(int, "2").result(5) == 2


def test_executor__has_a_daemon_thread() -> None:
    DaemonThreadExecutor("test-daemon")
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "test-daemon"] == [True]


class Cursor:
    """Stands for a database cursor, which only its own thread should close."""


def test_executor__releases_the_local_variables_of_failed_calls() -> None:
    cursors: list[weakref.ref[Cursor]] = []

    def fails() -> None:
        cursor = Cursor()
        cursors.append(weakref.ref(cursor))
        raise ValueError("locked")

    def fails_with_a_cause() -> None:
        cursor = Cursor()
        cursors.append(weakref.ref(cursor))
        try:
            fails()
        except ValueError as error:
            raise RuntimeError("the database is locked") from error

    error = DaemonThreadExecutor("test-executor").submit(fails_with_a_cause).exception(5)
    assert isinstance(error, RuntimeError)
    assert [cursor() for cursor in cursors] == [None, None]


def test_progressed__long_call_that_makes_progress_does_not_hang() -> None:
    executor, began = DaemonThreadExecutor("test-executor"), []

    def work() -> None:
        for _ in range(2):
            began.append(executor.began)
            time.sleep(0.01)
            executor.progressed()

    executor.submit(work).result(5)
    assert began[0] < began[1]
    executor.progressed()
    assert (executor.began, executor.hangs(0)) == (None, False)
