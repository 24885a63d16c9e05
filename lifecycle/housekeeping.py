"""Puts the record right after a process died: adopts its spool, and ends the connections that it left open."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from lifecycle import conf, leases, store
from lifecycle.causes import Cause
from lifecycle.close_codes import CloseCode
from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.spool import orphans, segments

logger = logging.getLogger("lifecycle")


def keep_house(holder: UUID) -> bool:
    """Do what one process of the cluster does for all; ``False`` where another one holds that duty."""
    if not leases.hold(leases.HOUSEKEEPING, holder, conf.get("LEASE_SECONDS")):
        return False
    end_lost_processes(holder)
    end_stragglers()
    return True


def adopt_orphans(root: Path, own: Path | None = None) -> int:
    """Write the spools of processes on this host that are gone, end what they left open; return how many."""
    adopted = 0
    for folder, lock in orphans(root, own):
        try:
            if is_queue(folder) and folder.exists():
                adopt(folder)
                adopted += 1
        finally:
            lock.release()
    return adopted


def is_queue(folder: Path) -> bool:
    """Tell whether a folder is named by a process's uuid; another one is not the monitor's."""
    try:
        return bool(UUID(folder.name))
    except ValueError:
        return False


def adopt(folder: Path) -> None:
    """Write one dead process's spool, oldest segment first, then end what it left open."""
    estimate = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    for path in segments(folder):
        store.write_segment(path)
        path.unlink()
    process = ServerProcess.objects.filter(id=UUID(folder.name)).first()
    if process is None or not end_process(process):
        end_connections(UUID(folder.name), process.heartbeat_at if process else estimate)
    shutil.rmtree(folder)
    logger.warning("Adopted the spool of process %s", process or folder.name)


def end_lost_processes(own: UUID | None = None) -> int:
    """End the processes whose lease ran out, and return how many."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    lost = ServerProcess.objects.filter(ended_at=None, heartbeat_at__lt=limit)
    return sum(end_process(process) for process in lost if process.id != own)


def end_process(process: ServerProcess) -> bool:
    """End a lost process and its open connections, both or none; ``False`` where another process was first."""
    with transaction.atomic(using=record_database()):
        claimed = ServerProcess.objects.filter(id=process.id, ended_at=None).update(
            ended_at=F("heartbeat_at"), end=ServerProcess.End.LOST
        )
        ended = end_connections(process.id, process.heartbeat_at) if claimed else 0
    if claimed:
        logger.warning("Process %s was lost, and %d open connections with it", process, ended)
    return bool(claimed)


def end_stragglers() -> int:
    """End open connections whose process ended a lease ago: it wrote them after it was taken for lost."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    ended = ServerProcess.objects.filter(ended_at__lt=limit, connections__state=Connection.State.OPEN).distinct()
    return sum(end_connections(process.id, process.heartbeat_at) for process in ended)


def end_connections(process_id: UUID, at: datetime) -> int:
    """End the open connections of a lost process at an estimated time, and return how many."""
    open_rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    refused = lose(open_rows.filter(accepted_at=None), at, Connection.State.REJECTED, None)
    return refused + lose(open_rows, at, Connection.State.CLOSED, CloseCode.ABNORMAL_CLOSURE)


def lose(rows: QuerySet[Connection], at: datetime, state: str, code: int | None) -> int:
    """Mark rows as lost with their process; none ends before it was accepted."""
    cause = Cause.PROCESS_LOST
    return rows.update(
        state=state,
        cause=cause.value,
        initiator=cause.initiator.value,
        close_code=code,
        closed_at=Greatest(Coalesce("accepted_at", "opened_at"), at),
        exact=False,
    )
