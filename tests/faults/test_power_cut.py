"""What a power cut can lose: what was appended since the last sync, which begins 200 ms later at most.

No test can cut the power. These keep what each sync had the disk keep, and look at that alone. That a file cut at
any byte loses at most its last record is shown in ``tests/record/test_lines.py``.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from lifecycle import conf
from lifecycle.record import spool
from lifecycle.record.fsync import Fsyncer
from lifecycle.record.lines import decode_all, encode
from lifecycle.record.spool import Spool
from lifecycle.server.current import Current
from lifecycle.server.process import Process
from monitor_project.settings import SQLITE_OPTIONS

SYNC_SECONDS = conf.DEFAULTS["SYNC_SECONDS"]
PATIENCE = 20.0
LIMIT = 1024 * 1024
#: Events in a segment, and syncs that a test waits for.
LINES, SYNCS = 50, 5


class Disk:
    """A disk that notes each file's size at its last sync."""

    def __init__(self) -> None:
        self.kept: dict[Path, int] = {}
        self.threads: set[str] = set()
        self.names: set[Path] = set()
        self.synced = threading.Event()

    def fdatasync(self, descriptor: int) -> None:
        """Sync a file, and note its size."""
        path, size = Path(os.readlink(f"/proc/self/fd/{descriptor}")), os.fstat(descriptor).st_size
        os.fdatasync(descriptor)
        self.kept[path] = size
        self.threads.add(threading.current_thread().name)
        self.synced.set()

    def after_a_cut(self) -> list[dict[str, object]]:
        """Return the events that would survive a power cut now."""
        found = []
        for path, size in sorted(self.kept.items()):
            found += [event for event in decode_all(path.read_bytes()[:size]) if event]
        return found


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Return a disk that notes the syncs of the spool."""
    disk, fsync_folder = Disk(), spool.fsync_folder

    def noted(folder: Path) -> None:
        fsync_folder(folder)
        disk.names.add(folder)

    monkeypatch.setattr(spool, "fdatasync", disk.fdatasync)
    monkeypatch.setattr(spool, "fsync_folder", noted)
    return disk


@contextmanager
def synced(folder: Path) -> Iterator[Spool]:
    """Yield a spool with a running syncer."""
    one = Spool(folder, LIMIT, synced=True)
    syncer = Fsyncer(one, SYNC_SECONDS)
    yield one
    syncer.stop()
    one.close()


def test_sync__keeps_every_event_that_was_there_before_it(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "SEGMENT_SIZE", 1)
    with synced(tmp_path / "spool" / "one") as queue:
        appended: list[str] = []
        assured = note_syncs(queue, appended, monkeypatch)
        deadline = time.monotonic() + PATIENCE
        for number in itertools.count():
            queue.append(encode({"e": "open", "id": str(number)}))
            appended.append(str(number))
            # If the power is cut here, all events before the last sync survive, in order.
            old, found = assured[-1], disk.after_a_cut()
            assert [event["id"] for event in found] == appended[: len(found)]
            assert len(found) >= old
            if number % LINES == LINES - 1:
                queue.seal()
                if len(assured) > SYNCS:
                    break
            assert time.monotonic() < deadline, "nobody syncs"
            time.sleep(0.003)  # Leave the processor to the thread that syncs, as a server's event loop does.
    assert len(disk.kept) == (number + 1) // LINES + 1


def note_syncs(queue: Spool, events: list[str], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each sync: how many events had been appended when it began."""
    assured, fsync = [0], queue.fsync

    def noted() -> None:
        before = len(events)
        fsync()
        assured.append(before)

    monkeypatch.setattr(queue, "fsync", noted)
    return assured


def test_sync__is_done_on_a_thread_of_its_own(tmp_path: Path, disk: Disk) -> None:
    with synced(tmp_path / "spool" / "one") as queue:
        queue.append(encode({"e": "open"}))
        assert disk.synced.wait(PATIENCE)
        assert disk.threads == {"lifecycle-sync"}


def test_sync__keeps_the_names_of_new_files_too(tmp_path: Path, disk: Disk) -> None:
    folder = tmp_path / "spool" / "one"
    queue = Spool(folder, LIMIT, synced=True)

    def own_names() -> set[Path]:
        # The fsync thread of an earlier test may still be at work.
        return {name for name in disk.names if name.is_relative_to(tmp_path)}

    queue.fsync()
    assert own_names() == {folder, folder.parent}
    disk.names.clear()
    queue.fsync()
    assert own_names() == set()
    queue.append(encode({"e": "open"}))
    queue.seal()
    queue.fsync()
    assert own_names() == {folder, folder.parent}
    queue.close()


@pytest.mark.parametrize(("seconds", "syncs"), [(SYNC_SECONDS, True), (0, False)], ids=["default", "off"])
async def test_setting__decides_whether_the_spool_is_synced(
    settings: Settings, tmp_path: Path, seconds: float, syncs: bool
) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": str(tmp_path), "SYNC_SECONDS": seconds}
    Current.process = running = Process()
    running.open_spool()
    assert (running.fsyncer is not None) == syncs
    assert running.recorder.spool.synced == syncs
    for task in running.jobs.tasks:
        task.cancel()


def test_sqlite__keeps_what_it_has_committed_before_the_spool_deletes_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "record.sqlite3")) as database:
        database.executescript(str(SQLITE_OPTIONS["init_command"]))
        # 2 is FULL; with NORMAL a commit in WAL mode may be undone by a power cut (sqlite.org/pragma.html).
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
