"""The spool: an append-only queue of one process on local disk, between the event loop and the database.

Each process has a folder named after its UUID. The folder contains a lock file, which is locked while the process
lives, a note about the process, and numbered segments. The last segment is open for appending. The earlier
segments are sealed: only the writer reads and deletes them.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lifecycle.record import owners
from lifecycle.record.folders import (
    LOCK_NAME,
    FileLock,
    fdatasync,
    fsync_folder,
    ignore_in_git,
    make_folder,
    segment_path,
    segments,
)

#: While sealed segments wait for the database, the open segment grows to this many bytes before it is sealed.
SEGMENT_SIZE = 1024 * 1024
#: Above this share of the limit, the writer no longer waits for larger batches.
FILLING = 0.25


class SpoolFull(Exception):
    """The spool has reached its limit, and the event was dropped."""


class Spool:
    """The queue of one process.

    ``append`` is thread-safe. It makes one system call, and further calls only to wake idle threads.
    """

    def __init__(self, folder: Path, limit: int, synced: bool = False) -> None:
        """Create a queue of at most ``limit`` bytes in ``folder``; raises ``OSError`` if that fails.

        If ``synced`` is true, ``fsync`` must be called regularly, because it closes the files of sealed segments.
        """
        self.synced = synced
        self.folder = folder
        self.limit = limit
        self.mutex = threading.Lock()
        make_folder(folder)
        ignore_in_git(folder.parent)
        self.lock = FileLock(folder / LOCK_NAME)
        if not self.lock.acquire():
            raise BlockingIOError(f"another process holds the spool {folder}")
        #: The open segment: its number, path, file descriptor, size in bytes, and number of events.
        self.number = 0
        self.path = folder
        self.descriptor: int | None = None
        self.segment_size = self.segment_events = 0
        #: The number of events in each segment; 0 for the open segment, which ``segment_events`` counts.
        self.events: dict[Path, int] = {}
        #: The size of each sealed segment in bytes, and of all sealed segments together.
        self.sizes: dict[Path, int] = {}
        self.sealed_size = 0
        #: The number of bytes appended to all segments before the open segment.
        self.appended_before = 0
        #: The file descriptors of the segments sealed since the last fsync.
        self.sealed: dict[Path, int] = {}
        #: Whether a segment was created since the last fsync.
        self.created = False
        #: Whether the folder was deleted; until ``restore`` succeeds, nothing can be appended.
        self.gone = False
        #: Whether the disk refused an event, until ``check`` can write to it again.
        self.refused = False
        #: Callbacks run once, on the next append, to wake idle threads.
        self.sleepers: list[Callable[[], object]] = []
        try:
            self.write_note()
            self.take_over()
            self.begin_segment()
        except BaseException:
            # Otherwise the next attempt would find the lock held.
            self.lock.release()
            raise

    def take_over(self) -> None:
        """Add the segments that an earlier attempt to open this spool has left to the sealed segments."""
        for path in segments(self.folder):
            data = path.read_bytes()
            self.number, self.sizes[path], self.events[path] = int(path.stem), len(data), data.count(b"\n")
            self.sealed_size += len(data)

    def write_note(self) -> None:
        """Write the note about this process.

        A full disk must not prevent the recording, so a failure is ignored, and the spool has no note.
        """
        with suppress(OSError):
            owners.write(self.folder, owners.here())

    def check(self) -> None:
        """Find out whether the disk takes events again after it refused one, by writing the note again."""
        with suppress(OSError):
            owners.write(self.folder, owners.here())
            self.refused = False

    def note_stop(self, at: float) -> None:
        """Write to the note that the process stopped in order at ``at``, in epoch seconds.

        If that fails, the process will be recorded as lost, as if it had been killed.
        """
        with suppress(OSError):
            owners.write(self.folder, owners.here()._replace(stopped_at=at))

    def begin_segment(self) -> None:
        """Create the next segment and seal the open segment; if that fails, the open segment stays in use.

        The file is created without holding the mutex, so no append waits for the disk.
        """
        path = segment_path(self.folder, self.number + 1)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        with self.mutex:
            self.end_segment()
            self.path, self.descriptor, self.created = path, descriptor, True
            self.number += 1
            self.events[path] = self.segment_size = self.segment_events = 0

    def end_segment(self) -> None:
        """Seal the open segment, if there is one; the caller must hold the mutex."""
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
        """Return the number of bytes waiting for the database."""
        with self.mutex:
            return self.sealed_size + self.segment_size

    @property
    def appended(self) -> int:
        """Return the number of bytes appended since the queue was created."""
        with self.mutex:
            return self.appended_before + self.segment_size

    def append(self, line: bytes) -> None:
        """Append one event; raises ``SpoolFull`` at the limit and ``OSError`` on a full disk."""
        size = len(line)
        with self.mutex:
            if self.sealed_size + self.segment_size + size > self.limit:
                raise SpoolFull(f"the spool {self.folder} has reached its limit of {self.limit} bytes")
            if self.descriptor is None:
                raise ValueError(f"the spool {self.folder} is closed")
            try:
                written = os.write(self.descriptor, line)
                if written != size:
                    # The disk is full: remove the part of the line that was written.
                    os.ftruncate(self.descriptor, self.segment_size)
                    raise OSError(f"wrote {written} of {size} bytes to the spool {self.folder}")
            except OSError:
                self.refused = True
                raise
            self.segment_size += size
            self.segment_events += 1
        if self.sleepers:
            self.wake()

    def wake(self) -> None:
        """Call and remove all callbacks in ``sleepers``; other threads may add callbacks at the same time."""
        with suppress(IndexError):
            while True:
                self.sleepers.pop()()

    def seal(self) -> list[Path]:
        """Seal the open segment if it contains events, and return all sealed segments, oldest first.

        While sealed segments wait for the database, as in an outage, the open segment is only sealed once it is
        full. So a long outage leaves few files.
        """
        with self.mutex:
            waiting = len(self.events) > 1
            due = self.segment_size > (SEGMENT_SIZE if waiting else 0)
        if due and self.descriptor is not None:
            self.begin_segment()
        with self.mutex:
            return sorted(path for path in self.events if path != self.path)

    def fsync(self) -> None:
        """Flush all appended events to disk. This is slow, so it must not be called on the event loop."""
        with self.mutex:
            # A segment that has already been written to the database need not be flushed.
            opened = [(path in self.events, descriptor) for path, descriptor in self.sealed.items()]
            opened += [] if self.descriptor is None else [(True, os.dup(self.descriptor))]
            self.sealed.clear()
            created, self.created = self.created, False
        for waiting, descriptor in opened:
            try:
                if waiting:
                    fdatasync(descriptor)
            finally:
                os.close(descriptor)
        if created:
            fsync_folder(self.folder)
            fsync_folder(self.folder.parent)

    def discard(self, path: Path) -> None:
        """Remove a sealed segment from the queue, and delete its file.

        The segment has been written to the database, or its file no longer exists.
        """
        path.unlink(missing_ok=True)
        with self.mutex:
            self.sealed_size -= self.sizes.pop(path, 0)
            self.events.pop(path, None)

    def forget(self) -> int:
        """Drop all segments after the folder was deleted; return the number of lost events."""
        with self.mutex:
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
        """Create the folder again after ``forget``; raises ``OSError`` if that fails."""
        self.lock.release()
        make_folder(self.folder)
        self.lock.acquire()
        self.write_note()
        self.begin_segment()
        self.gone = False

    def is_filling(self) -> bool:
        """Return whether more than a quarter of the limit is used."""
        return self.size > self.limit * FILLING

    def backlog(self) -> int:
        """Return the number of events waiting for the database."""
        with self.mutex:
            return self.waiting()

    def waiting(self) -> int:
        """Return the number of events in all segments; the caller must hold the mutex."""
        return sum(self.events.values()) + self.segment_events

    def close(self, keep: bool = False) -> None:
        """Close the queue and delete it if it is empty; otherwise the next process on this host adopts it.

        If ``keep`` is true, the folder stays for the sake of its note.
        """
        self.fsync()
        with self.mutex:
            if self.descriptor is not None:
                os.close(self.descriptor)
            self.descriptor = None
            waiting = self.waiting()
        self.lock.release()
        if not waiting and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
