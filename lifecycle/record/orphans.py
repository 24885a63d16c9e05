"""Finds the spools that dead processes left on this host."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lifecycle.record.folders import LOCK_NAME, FileLock

#: A process acquires the lock within this many seconds after it has created the lock file.
SETTLING_SECONDS = 1.0


def ignore(folder: Path, error: OSError) -> None:
    """Skip a folder that cannot be read."""


def orphans(
    root: Path,
    own: Path | None = None,
    unreadable: Callable[[Path, OSError], None] = ignore,
    entering: Callable[[Path], object] = Path,
) -> Iterator[tuple[Path, FileLock]]:
    """Yield the folder and the acquired lock of each spool under ``root`` whose process is dead.

    The caller must release the lock. Spools whose lock file is younger than ``SETTLING_SECONDS`` are skipped, and
    so is ``own``, the folder of the caller's spool. ``unreadable`` is called for each folder that cannot be read;
    the other folders are still yielded. ``entering`` is called before each folder is read, which may hang.
    """
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder == own:
            continue
        entering(folder)
        try:
            lock = lock_of(folder)
        except OSError as error:
            unreadable(folder, error)
        else:
            if lock:
                yield folder, lock


def lock_of(folder: Path) -> FileLock | None:
    """Acquire the lock of a spool; return ``None`` if it is held, is being created, or does not exist.

    Raises ``OSError`` if the folder cannot be read.
    """
    path = folder / LOCK_NAME
    try:
        created = path.stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return None
    # A time in the future says nothing: the clock was set back, or a file server has another clock.
    if abs(time.time() - created) < SETTLING_SECONDS:
        return None
    lock = FileLock(path)
    return lock if lock.acquire() else None
