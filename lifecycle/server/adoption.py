"""Adopts the spools of dead processes on this host.

Adopting a spool means writing its events to the database and ending the open connections of the dead process.
"""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from lifecycle.models import ServerProcess
from lifecycle.record import owners, store
from lifecycle.record.folders import segments
from lifecycle.record.orphans import orphans
from lifecycle.server import heartbeat
from lifecycle.server.abandoned import is_abandoned
from lifecycle.server.lost_processes import end_connections, end_process

logger = logging.getLogger("lifecycle")


class Adopter:
    """Adopts spools. A spool that cannot be adopted does not affect the others, and is tried again each time."""

    def __init__(self, other_hosts: bool = False) -> None:
        """Adopt only spools of this host, or those of other hosts, too: these must then be known to be gone."""
        self.other_hosts = other_hosts
        #: The errors of the spools that could not be adopted at the last attempt, by the name of their folders.
        self.stuck: dict[str, Exception] = {}

    def adopt_orphans(self, root: Path, own: Path | None = None) -> int:
        """Adopt the spools of dead processes under ``root``, except ``own``; return the number adopted."""
        adopted = 0
        unreadable: dict[Path, OSError] = {}
        failed: dict[str, Exception] = {}
        for folder, lock in orphans(root, own, unreadable.__setitem__):
            try:
                adopted += self.adopt_if_abandoned(folder)
            except Exception as error:  # a damaged disk, or a database that refuses these events
                failed[folder.name] = error
            finally:
                lock.release()
        failed |= {folder.name: error for folder, error in unreadable.items() if is_silent(folder)}
        self.report(root, failed)
        return adopted

    def adopt_if_abandoned(self, folder: Path) -> bool:
        """Adopt a spool if its process is dead, and return whether it was adopted."""
        # Another process may have adopted it since the folder was found.
        if not is_spool(folder) or not folder.exists():
            return False
        if not is_abandoned(UUID(folder.name), owners.read(folder), self.other_hosts):
            return False
        adopt(folder)
        return True

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


def adopt(folder: Path) -> None:
    """Write the segments of a dead process to the database, end its open connections, and delete its spool.

    The connections end at the last heartbeat of the process, or at the last change of its spool folder if it never
    sent a heartbeat. Segments are written oldest first.
    """
    last_write = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    for path in segments(folder):
        store.write_segment(path)
        path.unlink()
    process = ServerProcess.objects.filter(id=UUID(folder.name)).first()
    if process is None or not end_process(process):
        end_connections(UUID(folder.name), process.heartbeat_at if process else last_write)
    shutil.rmtree(folder)
    logger.warning("Adopted the spool of process %s", process or folder.name)
