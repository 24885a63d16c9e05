"""Finds the spools that dead processes left on this host."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.locks import FileLock

#: A process that has just created its lock file may take this many seconds to acquire the lock.
SETTLING_SECONDS = 1.0


def orphans(root: Path, own: Path | None = None) -> Iterator[tuple[Path, FileLock]]:
    """Yield the spools under ``root`` whose process is dead, each with its acquired lock.

    The caller releases the lock. ``own`` is the caller's own spool. Spools whose lock file is younger than
    ``SETTLING_SECONDS`` are skipped.
    """
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        path = folder / LOCK_NAME
        if folder == own or not path.exists() or path.stat().st_mtime > time.time() - SETTLING_SECONDS:
            continue
        lock = FileLock(path)
        if lock.acquire():
            yield folder, lock
