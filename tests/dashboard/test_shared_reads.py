"""Each slow read is computed once at a time and shared."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import shared_reads
from dashboard.shared_reads import LIMIT, SharedReads


def test_get__twenty_viewers_of_a_slow_read_cause_one_computation() -> None:
    reads, calls, release = SharedReads(), [], threading.Event()

    def slow() -> int:
        calls.append(threading.get_ident())
        release.wait(10)
        return 7

    with ThreadPoolExecutor(20) as viewers:
        answers = [viewers.submit(reads.get, "24h", slow) for _ in range(20)]
        release.set()
        assert {answer.result(10).value for answer in answers} == {7}
    assert len(calls) == 1


def test_get__result_is_reused_as_long_as_its_computation_took(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(shared_reads.time, "monotonic", lambda: clock[0])
    reads, values = SharedReads(), iter(range(10))

    def slow() -> int:
        clock[0] += 4.0
        return next(values)

    assert reads.get("24h", slow).value == 0
    clock[0] += 3.9
    assert (reads.get("24h", slow).value, reads.get("24h", slow).age) == (0, pytest.approx(7.9))
    clock[0] += 0.1
    assert reads.get("24h", slow).value == 1


def test_get__other_reads_do_not_wait() -> None:
    reads, entered, release = SharedReads(), threading.Event(), threading.Event()

    def slow() -> None:
        entered.set()
        release.wait(10)

    with ThreadPoolExecutor(1) as viewer:
        waiting = viewer.submit(reads.get, "90d", slow)
        assert entered.wait(10)
        assert reads.get("15m", lambda: 3).value == 3
        release.set()
        waiting.result(10)


def test_get__failed_computation_is_repeated() -> None:
    reads = SharedReads()
    with pytest.raises(ZeroDivisionError):
        reads.get("24h", lambda: 1 // 0)
    assert reads.get("24h", lambda: 5).value == 5


def test_get__number_of_results_is_limited() -> None:
    reads = SharedReads()
    for number in range(3 * LIMIT):
        reads.get(number, lambda: 0)
    assert (len(reads.results), len(reads.locks)) == (LIMIT, LIMIT)
