"""A lock on a file that the system lets go of when its process dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """An exclusive lock between processes; it never waits."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made where it does not exist."""
        self.path = path
        self.descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; ``False`` where another process has it, or the file's folder is gone."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            return False
        try:
            take(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back; closing the file does that on every system."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def take(descriptor: int) -> None:
    """Lock an open file; ``OSError`` where another process has it."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
