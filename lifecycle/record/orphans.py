"""Finds the spools that dead processes left on this host."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.locks import FileLock

#: A process acquires the lock within this many seconds after it has created the lock file.
SETTLING_SECONDS = 1.0


def orphans(root: Path, own: Path | None = None) -> Iterator[tuple[Path, FileLock]]:
    """Yield the folder and the acquired lock of each spool under ``root`` whose process is dead.

    The caller must release the lock. Spools whose lock file is younger than ``SETTLING_SECONDS`` are skipped, and
    so is ``own``, the folder of the caller's spool.
    """
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        path = folder / LOCK_NAME
        if folder == own or not path.exists() or path.stat().st_mtime > time.time() - SETTLING_SECONDS:
            continue
        lock = FileLock(path)
        if lock.acquire():
            yield folder, lock
