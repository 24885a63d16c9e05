"""Puts the record right after a process died: adopts its spool, and ends the connections that it left open."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.folders import segments
from lifecycle.record.orphans import orphans
from lifecycle.server import leases
from lifecycle.verdict.causes import Cause
from lifecycle.verdict.close_codes import CloseCode

logger = logging.getLogger("lifecycle")
#: Rows in one statement.
BATCH = 500


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
    """End a lost process and its open connections, both or none; ``False`` where another process was first.

    One that was heard of meanwhile is not lost.
    """
    silent = ServerProcess.objects.filter(id=process.id, ended_at=None, heartbeat_at__lte=process.heartbeat_at)
    with transaction.atomic(using=record_database()):
        claimed = silent.update(ended_at=F("heartbeat_at"), end=ServerProcess.End.LOST)
        ended = end_connections(process.id, process.heartbeat_at) if claimed else 0
    if claimed:
        logger.warning("Process %s was lost, and %d open connections with it", process, ended)
    return bool(claimed)


def end_stragglers() -> int:
    """End open connections whose process ended a lease ago: it wrote them after it was taken for lost."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    # Not a join: there are few processes with open connections, and ever more that ended.
    having = Connection.objects.filter(state=Connection.State.OPEN).values_list("process_id", flat=True).distinct()
    ended = ServerProcess.objects.filter(id__in=list(having), ended_at__lt=limit)
    return sum(end_connections(process.id, process.heartbeat_at) for process in ended)


def open_connections(process_id: UUID) -> set[UUID]:
    """Return the ids of the connections of a process that the database takes for open."""
    rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return set(rows.values_list("id", flat=True))


def end_forgotten(ids: Iterable[UUID]) -> int:
    """End connections that are open no more, and whose ends were dropped: why and when is not known.

    An end that only waits in the spool is written over this.
    """
    ended = 0
    for some in batched(ids, BATCH):
        rows = Connection.objects.filter(id__in=some, state=Connection.State.OPEN)
        ended += end_all(rows, datetime.now(UTC), Cause.UNKNOWN)
    if ended:
        logger.warning("The ends of %d connections were dropped; they are ended as unknown", ended)
    return ended


def end_connections(process_id: UUID, at: datetime) -> int:
    """End the open connections of a lost process at an estimated time, and return how many."""
    open_rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return end_all(open_rows, at, Cause.PROCESS_LOST)


def end_all(rows: QuerySet[Connection], at: datetime, cause: Cause) -> int:
    """End open connections at an estimated time, as refused those that were never accepted; return how many."""
    refused = end(rows.filter(accepted_at=None), at, cause, Connection.State.REJECTED, None)
    return refused + end(rows, at, cause, Connection.State.CLOSED, CloseCode.ABNORMAL_CLOSURE)


def end(rows: QuerySet[Connection], at: datetime, cause: Cause, state: str, code: int | None) -> int:
    """Write an estimated end; none is before the connection was accepted."""
    return rows.update(
        state=state,
        cause=cause.value,
        initiator=cause.initiator.value,
        close_code=code,
        closed_at=Greatest(Coalesce("accepted_at", "opened_at"), at),
        exact=False,
    )


def batched(ids: Iterable[UUID], size: int) -> Iterator[list[UUID]]:
    """Yield lists of at most ``size`` ids: databases limit the parameters of a statement."""
    remaining = list(ids)
    for first in range(0, len(remaining), size):
        yield remaining[first : first + size]
