"""A file lock that the operating system releases when the process dies, even after SIGKILL."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """An exclusive lock between processes; acquiring it never blocks."""

    def __init__(self, path: Path) -> None:
        """Set the path of the lock file, which ``acquire`` creates if needed."""
        self.path = path
        self.descriptor: int | None = None

    def acquire(self) -> bool:
        """Try to acquire the lock, and return whether it succeeded.

        It fails if another process holds the lock, or if the folder no longer exists.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            return False
        try:
            lock_file(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        """Release the lock by closing the file, which works on every system."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


def lock_file(descriptor: int) -> None:
    """Lock an open file; raises ``OSError`` if another process holds the lock."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
