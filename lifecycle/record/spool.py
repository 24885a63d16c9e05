"""A process's own append-only queue on local disk, between the event loop and the database.

A folder a process, named by its uuid: a lock file that is held while the process lives, and numbered segments. The
last segment is being written; those before it are sealed, and belong to the writer.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from lifecycle.record.locks import FileLock

LOCK_NAME = "lock"
SUFFIX = ".log"
#: Bytes that a segment may grow to while others wait for the database.
SEGMENT_SIZE = 1024 * 1024
#: The part of the limit from which on the writer does not wait for more.
FILLING = 0.25
#: Seconds in which a process that has just made its lock file may still be about to take the lock.
SETTLING_SECONDS = 1.0

# macOS and Windows have no fdatasync.
datasync = getattr(os, "fdatasync", os.fsync)


class SpoolFull(Exception):
    """The spool has reached its limit, and the event was dropped."""


class Spool:
    """The queue of one process. Appending is safe from any thread; where nobody rests it costs one system call."""

    def __init__(self, folder: Path, limit: int, synced: bool = False) -> None:
        """Open a new queue in ``folder``, which takes at most ``limit`` bytes; ``OSError`` where it cannot.

        ``synced`` tells that somebody calls ``sync`` every now and then, which closes the sealed segments.
        """
        self.synced = synced
        self.folder = folder
        self.limit = limit
        self.guard = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignore_in_git(folder.parent)
        self.lock = FileLock(folder / LOCK_NAME)
        if not self.lock.acquire():
            raise BlockingIOError(f"another process holds the spool {folder}")
        self.number = 0
        self.path = folder
        #: Of the segment in use; those of the sealed ones are below.
        self.segment_size = self.segment_events = 0
        self.events: dict[Path, int] = {}
        self.sizes: dict[Path, int] = {}
        self.sealed_size = 0
        #: The bytes of all segments before the one in use, since the queue was opened.
        self.appended_before = 0
        self.descriptor: int | None = None
        #: Of segments that were sealed since the last sync, and whether one was begun since.
        self.sealed: dict[Path, int] = {}
        self.begun = False
        #: Whether somebody has deleted the folder, and nothing can be appended until it is there again.
        self.gone = False
        #: Called, once, when something is appended: by this those are woken who rest while nothing happens.
        self.sleepers: list[Callable[[], object]] = []
        self.begin_segment()

    def begin_segment(self) -> None:
        """Open the next segment for writing; on a full disk the one in use stays in use.

        The disk is waited for without the lock, so that no socket that appends waits with it.
        """
        path = self.folder / f"{self.number + 1:012d}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        with self.guard:
            self.end_segment()
            self.path, self.descriptor, self.begun = path, descriptor, True
            self.number += 1
            self.events[path] = self.segment_size = self.segment_events = 0

    def end_segment(self) -> None:
        """Let go of the segment in use; whoever syncs the spool closes its file."""
        if self.descriptor is None:
            return
        self.sizes[self.path], self.events[self.path] = self.segment_size, self.segment_events
        self.sealed_size += self.segment_size
        self.appended_before += self.segment_size
        if self.synced:
            self.sealed[self.path] = self.descriptor
        else:
            os.close(self.descriptor)

    @property
    def size(self) -> int:
        """Return how many bytes wait for the database."""
        with self.guard:
            return self.sealed_size + self.segment_size

    @property
    def appended(self) -> int:
        """Return how many bytes have been appended since the queue was opened."""
        with self.guard:
            return self.appended_before + self.segment_size

    def append(self, line: bytes) -> None:
        """Add one event; ``SpoolFull`` where the limit is reached, ``OSError`` where the disk is full."""
        size = len(line)
        with self.guard:
            if self.sealed_size + self.segment_size + size > self.limit:
                raise SpoolFull(f"the spool {self.folder} may hold no more than {self.limit} bytes")
            if self.descriptor is None:
                raise ValueError(f"the spool {self.folder} is closed")
            written = os.write(self.descriptor, line)
            if written != size:
                # A disk that fills up leaves a part of a line.
                os.ftruncate(self.descriptor, self.segment_size)
                raise OSError(f"wrote {written} of {size} bytes to the spool {self.folder}")
            self.segment_size += size
            self.segment_events += 1
        if self.sleepers:
            self.wake()

    def wake(self) -> None:
        """Wake those who rest; the list itself is never replaced, since others may lie down meanwhile."""
        with suppress(IndexError):
            while True:
                self.sleepers.pop()()

    def seal(self) -> list[Path]:
        """Seal the segment in use, where it holds anything, and return all sealed ones, oldest first.

        While sealed ones wait, as in an outage, it is filled up first: a long outage makes few files.
        """
        with self.guard:
            waiting = len(self.events) > 1
            full = self.segment_size > (SEGMENT_SIZE if waiting else 0)
        if full and self.descriptor is not None:
            self.begin_segment()
        with self.guard:
            return sorted(path for path in self.events if path != self.path)

    def sync(self) -> None:
        """Have the disk keep what was appended; slow, and therefore never called on the event loop."""
        with self.guard:
            # Of what is in the database by now the disk need keep nothing.
            opened = [(path in self.events, descriptor) for path, descriptor in self.sealed.items()]
            opened += [] if self.descriptor is None else [(True, os.dup(self.descriptor))]
            self.sealed.clear()
            begun, self.begun = self.begun, False
        for waits, descriptor in opened:
            try:
                if waits:
                    datasync(descriptor)
            finally:
                os.close(descriptor)
        if begun:
            sync_names(self.folder)
            sync_names(self.folder.parent)

    def discard(self, path: Path) -> None:
        """Delete a sealed segment that is in the database, or that somebody else has deleted."""
        path.unlink(missing_ok=True)
        with self.guard:
            self.sealed_size -= self.sizes.pop(path, 0)
            self.events.pop(path, None)

    def forget(self) -> int:
        """Let go of what was in a folder that somebody has deleted; return how many events went with it."""
        with self.guard:
            lost = self.waiting()
            if self.descriptor is not None:
                os.close(self.descriptor)
            self.descriptor, self.gone = None, True
            self.events.clear()
            self.sizes.clear()
            self.appended_before += self.segment_size
            self.sealed_size = self.segment_size = self.segment_events = 0
        return lost

    def restore(self) -> None:
        """Begin anew after ``forget``; ``OSError`` where that cannot be, and then nothing can be appended."""
        self.lock.release()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock.acquire()
        self.begin_segment()
        self.gone = False

    def is_filling(self) -> bool:
        """Tell whether a good part of what it may hold is taken."""
        return self.size > self.limit * FILLING

    def backlog(self) -> int:
        """Return how many events wait for the database."""
        with self.guard:
            return self.waiting()

    def waiting(self) -> int:
        """Return how many events there are in all segments, for a caller that holds the lock."""
        return sum(self.events.values()) + self.segment_events

    def close(self) -> None:
        """Let go of the queue; without events it is deleted, else the next process on this host adopts it."""
        self.sync()
        with self.guard:
            if self.descriptor is not None:
                os.close(self.descriptor)
            self.descriptor = None
            waiting = self.waiting()
        self.lock.release()
        if not waiting:
            shutil.rmtree(self.folder, ignore_errors=True)


def segments(folder: Path) -> list[Path]:
    """Return the segments of a queue that no process writes any more, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def orphans(root: Path, own: Path | None = None) -> Iterator[tuple[Path, FileLock]]:
    """Yield the queues under ``root`` whose process is gone, each with its lock held for the caller.

    The caller releases the lock. A queue that is only now being opened is passed over.
    """
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        path = folder / LOCK_NAME
        if folder == own or not path.exists() or path.stat().st_mtime > time.time() - SETTLING_SECONDS:
            continue
        lock = FileLock(path)
        if lock.acquire():
            yield folder, lock


def sync_names(folder: Path) -> None:
    """Have the disk keep the names of the files in a folder (fsync(2), "Notes"); on Windows nothing can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def ignore_in_git(root: Path) -> None:
    """Keep the spool out of the project's repository."""
    note = root / ".gitignore"
    if not note.exists():
        note.write_text("*\n", encoding="ascii")
