"""The thread that syncs the spool to disk."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lifecycle.record.fsync import Syncer
from lifecycle.record.spool import Spool

PATIENCE = 10.0


class Disk:
    """A disk whose syncs fail when the test allows it."""

    def __init__(self, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand under a spool."""
        self.asked, self.may_fail = threading.Semaphore(0), threading.Semaphore(0)
        monkeypatch.setattr(spool, "sync", self.sync)
        spool.append(b"1\n")

    def sync(self) -> None:
        """Wait, and fail."""
        self.asked.release()
        assert self.may_fail.acquire(timeout=PATIENCE)
        raise FileNotFoundError("the folder is gone")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Return a spool."""
    return Spool(tmp_path / "one", 1024, synced=True)


def test_syncer__logs_a_failing_disk_once(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, syncer = Disk(spool, monkeypatch), Syncer(spool, 0.01)
    for _ in range(3):
        disk.may_fail.release()
        assert disk.asked.acquire(timeout=PATIENCE)
    syncer.stop()
    disk.may_fail.release()
    syncer.thread.join(PATIENCE)
    assert caplog.text.count("could not be synced to disk") == 1


def test_syncer__that_is_stopped_logs_nothing_about_a_closed_spool(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk, syncer = Disk(spool, monkeypatch), Syncer(spool, 0.01)
    assert disk.asked.acquire(timeout=PATIENCE)
    syncer.stop()
    disk.may_fail.release()
    syncer.thread.join(PATIENCE)
    assert not syncer.thread.is_alive()
    assert caplog.text == ""


def test_syncer__waits_for_an_append_and_then_syncs(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Semaphore(0)
    monkeypatch.setattr(spool, "sync", synced.release)
    syncer = Syncer(spool, 0.001)
    for _ in range(3):
        wait_for_sleeper(spool)
        assert not synced.acquire(blocking=False)
        spool.append(b"1\n")
        assert synced.acquire(timeout=PATIENCE)
    wait_for_sleeper(spool)
    syncer.stop()
    syncer.thread.join(PATIENCE)
    assert not syncer.thread.is_alive()


def wait_for_sleeper(spool: Spool) -> None:
    """Wait until a thread waits for the next append to a spool."""
    deadline = time.monotonic() + PATIENCE
    while not spool.sleepers:
        assert time.monotonic() < deadline, "nobody rests"
        time.sleep(0.001)
