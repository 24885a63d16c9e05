"""Adopts the spools of dead processes on this host.

Adopting a spool means writing its events to the database and ending the open connections of the dead process.
"""

from __future__ import annotations

import logging
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.db import connections, transaction

from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.record import owners, store
from lifecycle.record.changes import ends_between, mark_between
from lifecycle.record.folders import keep_unread, mark_written, segments
from lifecycle.record.orphans import orphans
from lifecycle.server import heartbeat
from lifecycle.server.abandoned import check_format, is_abandoned
from lifecycle.server.lost_processes import end_connections, end_process, end_stopped

logger = logging.getLogger("lifecycle")
#: An adoption that makes no progress for longer than this many seconds counts as hanging.
HANGING_SECONDS = 10.0


class Adopter:
    """Adopts spools. A spool that cannot be adopted does not affect the others, and is tried again each time."""

    def __init__(self, other_hosts: bool = False) -> None:
        """Set whether to adopt spools of other hosts, too; those hosts must be gone for good."""
        self.other_hosts = other_hosts
        #: The errors of the spools that could not be adopted at the last attempt, by the name of their folders.
        self.stuck: dict[str, Exception] = {}
        #: The number of events in adopted spools that were damaged, unknown, or refused by the database.
        self.lost = 0
        #: The folder that is being read, the time of its last progress on the monotonic clock, and whether its
        #: events are being written.
        self.folder: Path | None = None
        self.progressed_at = 0.0
        self.writing = False
        #: The segments that were written, but could not be deleted or renamed afterwards; with their lost events.
        self.written: dict[Path, int] = {}
        #: The folder that was last logged as hanging.
        self.logged: Path | None = None

    def adopt_on_thread(self, root: Path, own: Path) -> None:
        """Call ``adopt_orphans`` on a thread of its own, and close the database connections that it has opened."""
        try:
            self.adopt_orphans(root, own)
        finally:
            connections.close_all()

    def adopt_orphans(self, root: Path, own: Path | None = None) -> int:
        """Adopt the spools of dead processes under ``root``, except ``own``; return the number adopted."""
        adopted = 0
        unreadable: dict[Path, OSError] = {}
        failed: dict[str, Exception] = {}
        try:
            self.enter(root)
            for folder, lock in orphans(root, own, unreadable.__setitem__, self.enter):
                try:
                    adopted += self.adopt_if_abandoned(folder)
                except Exception as error:  # a damaged disk, or a database that refuses these events
                    failed[folder.name] = error
                finally:
                    lock.release()
            failed |= {folder.name: error for folder, error in unreadable.items() if is_silent(folder)}
        finally:
            self.folder = None
        self.report(root, failed)
        return adopted

    def enter(self, folder: Path) -> None:
        """Note that a folder is about to be read."""
        self.folder, self.writing = folder, False
        self.progressed()

    def progressed(self) -> None:
        """Note that the disk or the database has answered."""
        self.progressed_at = time.monotonic()

    def hanging(self) -> str:
        """Return the name of the folder in which the adoption hangs; empty if it does not hang."""
        folder, hangs = self.folder, time.monotonic() - self.progressed_at > HANGING_SECONDS
        return folder.name if folder and hangs else ""

    def is_busy(self) -> bool:
        """Return whether events are being written that were not tried before, and the adoption does not hang."""
        folder = self.folder
        return bool(folder and self.writing and folder.name not in self.stuck and not self.hanging())

    def log_hanging(self) -> None:
        """Log the folder in which the adoption hangs, once."""
        folder = self.folder
        if self.hanging() and folder != self.logged:
            logger.error("The adoption of spools hangs in %s; all other work goes on", folder)
            self.logged = folder

    def adopt_if_abandoned(self, folder: Path) -> bool:
        """Adopt a spool if its process is dead, and return whether it was adopted."""
        # Another process may have adopted it since the folder was found.
        if not is_spool(folder) or not folder.exists():
            return False
        owner = owners.read(folder)
        if not is_abandoned(UUID(folder.name), owner, self.other_hosts):
            return False
        check_format(owner)
        self.adopt(folder, owner.stopped_at)
        return True

    def adopt(self, folder: Path, stopped_at: float | None) -> None:
        """Write the segments of a dead process, end the process, and delete its spool.

        ``stopped_at`` is the time of a clean stop, if the spool has a note of it. A segment that cannot be read is
        kept, and its ``OSError`` is raised after all other work.
        """
        last_write = min(folder.stat().st_mtime, time.time())
        estimated = Connection.objects.filter(process_id=UUID(folder.name), exact=False)
        with transaction.atomic(using=record_database()):
            old_ends = ends_between(estimated)
        unreadable = self.write_segments(folder)
        if old_ends:
            mark_between(*old_ends)
        process = ServerProcess.objects.filter(id=UUID(folder.name)).first()
        if process and process.end == ServerProcess.End.STOPPED and process.ended_at:
            end_stopped(process.id, process.ended_at)
        elif stopped_at is not None:
            end_stopped(UUID(folder.name), datetime.fromtimestamp(stopped_at, UTC))
        else:
            end_dead(UUID(folder.name), process, datetime.fromtimestamp(last_write, UTC))
        if unreadable:
            raise unreadable
        shutil.rmtree(folder)
        logger.warning("Adopted the spool of process %s", process or folder.name)

    def write_segments(self, folder: Path) -> OSError | None:
        """Write and remove the segments of a spool, oldest first; return the first error of the disk."""
        self.writing, unreadable = True, None
        for path in segments(folder):
            try:
                self.write_segment(path)
            except OSError as error:
                unreadable = unreadable or error
        try:
            keep_unread(folder)
        except OSError as error:
            unreadable = unreadable or error
        return unreadable

    def write_segment(self, path: Path) -> None:
        """Write a segment and count its lost events, both only once; delete it, or rename it if it has any."""
        self.progressed()
        if path not in self.written:
            self.written[path] = store.write_segment(path, self.progressed)
            self.lost += self.written[path]
        if self.written[path]:
            mark_written(path)
        else:
            path.unlink()
        del self.written[path]

    def report(self, root: Path, failed: dict[str, Exception]) -> None:
        """Set ``stuck``, and log each spool that was not stuck before."""
        for name, error in failed.items():
            if name not in self.stuck:
                logger.error("The spool %s cannot be adopted, and is tried again: %s", root / name, error)
        self.stuck = failed


def is_spool(folder: Path) -> bool:
    """Return whether a folder is a spool, which is named after the UUID of its process."""
    try:
        return bool(UUID(folder.name))
    except ValueError:
        return False


def is_silent(folder: Path) -> bool:
    """Return whether an unreadable folder is a spool whose process sends no heartbeats."""
    return is_spool(folder) and not heartbeat.is_fresh(UUID(folder.name))


def end_dead(process_id: UUID, process: ServerProcess | None, last_write: datetime) -> None:
    """Record that a lost process and its open connections ended at its last heartbeat.

    If the process never sent a heartbeat, the end is ``last_write``, the last change of its spool folder.
    """
    if process is None or not end_process(process):
        end_connections(process_id, process.heartbeat_at if process else last_write)
