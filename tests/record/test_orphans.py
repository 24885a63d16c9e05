"""The spools that dead processes left on this host."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lifecycle.record.folders import LOCK_NAME, segments
from lifecycle.record.orphans import orphans
from lifecycle.record.spool import Spool

#: The user ID of "nobody" on most systems.
NOBODY = 65534
ROOT = Path(__file__).resolve().parent.parent.parent


def settle(folder: Path) -> None:
    """Give a lock file an old modification time, as if it had been created long ago."""
    past = time.time() - 3600
    os.utime(folder / LOCK_NAME, (past, past))


@contextmanager
def holder(folder: Path, more: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start another process that opens a spool, appends one event and holds the lock until it is killed.

    ``more`` is further code, which it runs first.
    """
    program = (
        "import sys; from pathlib import Path; from lifecycle.record.spool import Spool\n"
        f"spool = Spool(Path({str(folder)!r}), 1024); spool.append(b'theirs\\n')\n"
        f"{more}\nprint('holding', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "holding\n"
        try:
            yield child
        finally:
            child.kill()


def test_orphans__are_the_spools_of_dead_processes(spool: Spool) -> None:
    root, theirs = spool.folder.parent, spool.folder.parent / "theirs"
    settle(spool.folder)
    with holder(theirs) as child:
        settle(theirs)
        assert list(orphans(root, spool.folder)) == []
        child.kill()
        child.wait()
        [(folder, lock)] = orphans(root, spool.folder)
    assert folder == theirs
    assert segments(folder)[0].read_bytes() == b"theirs\n"
    lock.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")
def test_orphans__are_found_although_children_of_the_dead_process_live(spool: Spool) -> None:
    root, theirs = spool.folder.parent, spool.folder.parent / "theirs"
    fork = (
        "import multiprocessing, time, django; django.setup()\n"
        "from lifecycle.startup import prepare; prepare()\n"
        "multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,), daemon=True).start()"
    )
    with holder(theirs, fork) as parent:
        settle(theirs)
        [child] = psutil.Process(parent.pid).children()
        assert list(orphans(root, spool.folder)) == [], "the parent lives"
        parent.kill()
        parent.wait()
        try:
            [(folder, lock)] = orphans(root, spool.folder)
            lock.release()
            assert child.is_running()
        finally:
            child.kill()
    assert folder == theirs


def test_orphans__spool_being_adopted_is_not_yielded_again(spool: Spool) -> None:
    spool.append(b"1\n")
    spool.close()
    settle(spool.folder)
    root = spool.folder.parent
    first = orphans(root, root / "me")
    _, lock = next(first)
    assert list(orphans(root, root / "me too")) == []
    lock.release()
    assert [folder for folder, _ in orphans(root, root / "me too")] == [spool.folder]


def test_orphans__spool_being_created_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "young").mkdir()
    assert list(orphans(tmp_path, tmp_path / "me")) == []
    (tmp_path / "young" / LOCK_NAME).touch()
    assert list(orphans(tmp_path, tmp_path / "me")) == []


def test_orphans__lock_file_from_the_future_does_not_prevent_it(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / LOCK_NAME).touch()
    tomorrow = time.time() + 86_400
    os.utime(tmp_path / "one" / LOCK_NAME, (tomorrow, tomorrow))
    [(folder, lock)] = orphans(tmp_path)
    lock.release()
    assert folder.name == "one"


def test_orphans__without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert list(orphans(tmp_path / "nowhere", tmp_path / "me")) == []


@contextmanager
def another_user() -> Iterator[None]:
    """Access files as another user, if this process is privileged; its own files are then not readable."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(os.getuid())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_orphans__unreadable_folder_is_reported_and_the_others_are_yielded() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        root.chmod(0o777)
        (root / "1").mkdir(mode=0o700)
        (root / "1" / LOCK_NAME).touch()
        (root / "1").chmod(0o700 if os.geteuid() == 0 else 0)
        unreadable: dict[Path, OSError] = {}
        with another_user():
            (root / "2").mkdir()
            (root / "2" / LOCK_NAME).touch()
            settle(root / "2")
            [(folder, lock)] = orphans(root, None, unreadable.__setitem__)
            lock.release()
        (root / "1").chmod(0o700)
    assert folder.name == "2"
    assert [(path.name, type(error)) for path, error in unreadable.items()] == [("1", PermissionError)]


def test_orphans__other_files_are_skipped(spool: Spool) -> None:
    (spool.folder.parent / "a file").write_text("")
    assert list(orphans(spool.folder.parent, spool.folder)) == []


def test_orphans__spool_closed_with_events_is_yielded(spool: Spool) -> None:
    spool.append(b"1\n")
    spool.close()
    settle(spool.folder)
    [(folder, lock)] = orphans(spool.folder.parent, spool.folder.parent / "another")
    assert b"".join(path.read_bytes() for path in segments(folder)) == b"1\n"
    lock.release()
