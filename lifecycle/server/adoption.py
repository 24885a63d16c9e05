"""Adopts the spools of dead processes on this host: writes their events and ends their open connections."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from lifecycle.models import ServerProcess
from lifecycle.record import store
from lifecycle.record.folders import segments
from lifecycle.record.orphans import orphans
from lifecycle.server.lost_processes import end_connections, end_process

logger = logging.getLogger("lifecycle")


def adopt_orphans(root: Path, own: Path | None = None) -> int:
    """Adopt the spools under ``root`` whose processes are dead, except ``own``; return how many."""
    adopted = 0
    for folder, lock in orphans(root, own):
        try:
            if is_spool(folder) and folder.exists():
                adopt(folder)
                adopted += 1
        finally:
            lock.release()
    return adopted


def is_spool(folder: Path) -> bool:
    """Return whether a folder is a spool: its name is the UUID of a process."""
    try:
        return bool(UUID(folder.name))
    except ValueError:
        return False


def adopt(folder: Path) -> None:
    """Write the segments of a dead process, oldest first, then end its open connections and delete its spool."""
    estimate = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    for path in segments(folder):
        store.write_segment(path)
        path.unlink()
    process = ServerProcess.objects.filter(id=UUID(folder.name)).first()
    if process is None or not end_process(process):
        end_connections(UUID(folder.name), process.heartbeat_at if process else estimate)
    shutil.rmtree(folder)
    logger.warning("Adopted the spool of process %s", process or folder.name)
