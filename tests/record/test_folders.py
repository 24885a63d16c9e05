"""The lock of a folder: what counts as held by another process, and what is an error."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lifecycle.record import folders
from lifecycle.record.folders import FileLock, LockError


def test_lock__is_held_by_one_only(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert (first.acquire_if_free(), second.acquire_if_free(), second.acquire()) == (True, False, False)
    first.release()
    assert second.acquire_if_free()
    second.release()


def test_lock__missing_folder_is_an_error_only_if_the_caller_asks(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "missing" / "lock")
    assert not lock.acquire()
    with pytest.raises(FileNotFoundError):
        lock.acquire_if_free()


def test_lock__file_system_without_locks_is_an_error_only_if_the_caller_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(folders, "lock_file", refuse)
    lock = FileLock(tmp_path / "lock")
    assert not lock.acquire()
    with pytest.raises(LockError, match="No locks available"):
        lock.acquire_if_free()
