"""The thread that calls fsync on the spool."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lifecycle.record.fsync import Fsyncer
from lifecycle.record.spool import Spool

#: The most seconds to wait for another thread.
PATIENCE = 10.0


class Disk:
    """A disk on which every fsync waits for the test's permission, and then fails."""

    def __init__(self, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the spool's ``fsync``, and append an event to the spool."""
        self.called, self.may_fail = threading.Semaphore(0), threading.Semaphore(0)
        monkeypatch.setattr(spool, "fsync", self.fsync)
        spool.append(b"1\n")

    def fsync(self) -> None:
        """Wait for the test's permission, then fail."""
        self.called.release()
        assert self.may_fail.acquire(timeout=PATIENCE)
        raise FileNotFoundError("the folder is gone")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Return a spool."""
    return Spool(tmp_path / "one", 1024, synced=True)


def test_fsyncer__logs_a_failing_disk_once(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, fsyncer = Disk(spool, monkeypatch), Fsyncer(spool, 0.01)
    for _ in range(3):
        disk.may_fail.release()
        assert disk.called.acquire(timeout=PATIENCE)
    fsyncer.stop()
    disk.may_fail.release()
    fsyncer.thread.join(PATIENCE)
    assert caplog.text.count("Could not fsync the spool") == 1


def test_fsyncer__logs_no_error_after_stop(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, fsyncer = Disk(spool, monkeypatch), Fsyncer(spool, 0.01)
    assert disk.called.acquire(timeout=PATIENCE)
    fsyncer.stop()
    disk.may_fail.release()
    fsyncer.thread.join(PATIENCE)
    assert not fsyncer.thread.is_alive()
    assert caplog.text == ""


def test_fsyncer__sleeps_until_an_event_is_appended(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Semaphore(0)
    monkeypatch.setattr(spool, "fsync", synced.release)
    fsyncer = Fsyncer(spool, 0.001)
    for _ in range(3):
        wait_for_sleeper(spool)
        assert not synced.acquire(blocking=False)
        spool.append(b"1\n")
        assert synced.acquire(timeout=PATIENCE)
    wait_for_sleeper(spool)
    fsyncer.stop()
    fsyncer.thread.join(PATIENCE)
    assert not fsyncer.thread.is_alive()


def wait_for_sleeper(spool: Spool) -> None:
    """Wait until a thread is idle, and will be woken by the next append to a spool."""
    deadline = time.monotonic() + PATIENCE
    while not spool.sleepers:
        assert time.monotonic() < deadline, "no thread is sleeping"
        time.sleep(0.001)


def test_fsyncer__logs_the_end_of_errors_and_later_errors_again(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    results = [None, OSError("full"), None, OSError("full")]
    done = threading.Event()

    def fsync() -> None:
        error = results.pop() if results else None
        if error:
            raise error
        if not results:
            done.set()

    monkeypatch.setattr(spool, "fsync", fsync)
    fsyncer = Fsyncer(spool, 0.001)
    spool.append(b"1\n")
    wait_for_sleeper(spool)
    spool.append(b"2\n")
    assert done.wait(PATIENCE)
    wait_for_sleeper(spool)
    fsyncer.stop()
    fsyncer.thread.join(PATIENCE)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"] * 2
