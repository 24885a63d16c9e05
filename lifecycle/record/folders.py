"""The folder of a spool: how it is created and locked, how its files are named, and how they survive a power cut.

The operating system releases the lock when the process dies, even after SIGKILL.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar, cast
from weakref import WeakSet

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_NAME = "lock"
SUFFIX = ".log"
#: The folder beside the spools with segments of adopted spools that contain events that could not be read.
UNREAD = "unread"
#: The size in bytes of all segments in it. The oldest are deleted beyond that.
UNREAD_LIMIT = 64 * 1024 * 1024
#: A segment is read and written to the database in pieces of about this many bytes. While the database hangs, the
#: open segment is not sealed, so it may become much larger.
PIECE_SIZE = 4 * 1024 * 1024

#: The errors of ``lock_file`` if another process holds the lock (flock(2); on Windows, _locking).
HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})

# macOS and Windows have no fdatasync.
fdatasync = getattr(os, "fdatasync", os.fsync)


#: The suffix of a segment that has been written, until it is moved to ``UNREAD``.
WRITTEN = ".unread"


class CannotKeepUnread(OSError):
    """The segments with events that could not be read cannot be moved to the folder ``UNREAD``."""


class NotRegularFile(OSError):
    """A file of a spool is something else, such as a named pipe, which could be read without end."""


def make_folder(folder: Path) -> None:
    """Create the folder of a spool, readable only by its owner, and its parents if needed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of a numbered segment; the file names sort by number."""
    return folder / f"{number:012d}{SUFFIX}"


def segments(folder: Path) -> list[Path]:
    """Return the paths of all segments in a folder, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; raises ``NotRegularFile`` if it is not a regular file.

    Without ``O_NONBLOCK``, opening a named pipe would wait for a writer (open(2)).
    """

    def open_at_once(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    file = cast(BinaryIO, open(path, "rb", opener=open_at_once))  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotRegularFile(f"{path} is not a regular file")
    return file


def pieces(path: Path) -> Iterator[bytes]:
    """Yield the whole lines of a segment, as pieces of about ``PIECE_SIZE`` bytes."""
    with open_regular(path) as file:
        while data := file.read(PIECE_SIZE):
            yield data + file.readline()


def mark_written(path: Path) -> None:
    """Rename a segment that contains unread events, so that no process writes and counts it again."""
    os.replace(path, path.with_suffix(WRITTEN))


def keep_unread(spool: Path) -> None:
    """Move the segments that ``mark_written`` has renamed to the folder ``UNREAD`` beside the spool.

    Delete the oldest segments there beyond the limit. Raises ``CannotKeepUnread`` if a segment cannot be moved.
    """
    folder = spool.parent / UNREAD
    try:
        for path in sorted(spool.glob(f"*{WRITTEN}")):
            make_folder(folder)
            os.replace(path, folder / f"{spool.name}-{path.stem}{SUFFIX}")
            delete_oldest(folder)
    except OSError as error:
        raise CannotKeepUnread(f"its unread events cannot be moved to {folder}: {error}") from error


def delete_oldest(folder: Path) -> None:
    """Delete the oldest segments beyond ``UNREAD_LIMIT``."""
    size = 0
    for kept in sorted(segments(folder), key=lambda kept: kept.stat().st_mtime, reverse=True):
        size += kept.stat().st_size
        if size > UNREAD_LIMIT:
            kept.unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Flush the list of files in a folder to disk (fsync(2), "Notes"). Windows has no such call."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def ignore_in_git(root: Path) -> None:
    """Keep the spools under ``root`` out of the project's Git repository."""
    ignore_file = root / ".gitignore"
    if not ignore_file.exists():
        ignore_file.write_text("*\n", encoding="ascii")


class LockError(OSError):
    """The file system cannot lock a file."""


class FileLock:
    """An exclusive lock between processes; acquiring it never blocks."""

    #: The locks that this process holds.
    held: ClassVar[WeakSet[FileLock]] = WeakSet()

    def __init__(self, path: Path) -> None:
        """Set the path of the lock file, which ``acquire`` creates if needed."""
        self.path = path
        self.descriptor: int | None = None

    def acquire(self) -> bool:
        """Try to acquire the lock, and return whether it succeeded.

        It fails if another process holds the lock, if the folder no longer exists, or if the file system has no
        locks.
        """
        try:
            return self.acquire_if_free()
        except (FileNotFoundError, LockError):
            return False

    def acquire_if_free(self) -> bool:
        """Try to acquire the lock, and return ``False`` if another process holds it.

        Raises ``OSError`` if the file cannot be created, and ``LockError`` if it cannot be locked at all.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock_file(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in HELD:
                return False
            raise LockError(error.errno, error.strerror, str(self.path)) from error
        self.descriptor = descriptor
        self.held.add(self)
        return True

    def release(self) -> None:
        """Release the lock by closing the file, which works on every system."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    @classmethod
    def leave_to_parent(cls) -> None:
        """Close the files of all locks in a forked child; the parent still holds the locks.

        Otherwise the locks of a parent that was killed would be held until its children end, too (flock(2)).
        """
        for lock in list(cls.held):
            lock.release()


def lock_file(descriptor: int) -> None:
    """Lock an open file; raises ``OSError`` if another process holds the lock."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
