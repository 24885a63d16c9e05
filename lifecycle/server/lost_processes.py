"""Ends lost processes, and the connections whose true end was never recorded.

A process is lost if its heartbeat is older than ``LEASE_SECONDS``. All ends written here are estimates.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause
from lifecycle.verdict.close_codes import CloseCode

logger = logging.getLogger("lifecycle")
#: IDs per statement: databases limit the number of parameters.
BATCH = 500


def end_lost_processes(own: UUID | None = None) -> int:
    """End the processes whose lease has expired, except one's own; return how many."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    lost = ServerProcess.objects.filter(ended_at=None, heartbeat_at__lt=limit)
    return sum(end_process(process) for process in lost if process.id != own)


def end_process(process: ServerProcess) -> bool:
    """End a lost process and its open connections in one transaction; return whether this call did it.

    It does not if another process was first, or if the lost process has sent a heartbeat in the meantime.
    """
    silent = ServerProcess.objects.filter(id=process.id, ended_at=None, heartbeat_at__lte=process.heartbeat_at)
    with transaction.atomic(using=record_database()):
        claimed = silent.update(ended_at=F("heartbeat_at"), end=ServerProcess.End.LOST)
        ended = end_connections(process.id, process.heartbeat_at) if claimed else 0
    if claimed:
        logger.warning("Process %s was lost with %d open connections", process, ended)
    return bool(claimed)


def end_stragglers() -> int:
    """End the open connections of processes that ended more than ``LEASE_SECONDS`` ago; return how many.

    A process that was declared lost may still have written connections afterwards.
    """
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    # Not a join: few processes have open connections, while the number of ended processes keeps growing.
    having = Connection.objects.filter(state=Connection.State.OPEN).values_list("process_id", flat=True).distinct()
    ended = ServerProcess.objects.filter(id__in=list(having), ended_at__lt=limit)
    return sum(end_connections(process.id, process.heartbeat_at) for process in ended)


def open_connections(process_id: UUID) -> set[UUID]:
    """Return the IDs of the connections of a process that are open according to the database."""
    rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return set(rows.values_list("id", flat=True))


def end_forgotten(ids: Iterable[UUID]) -> int:
    """End connections whose ``end`` events were dropped, with the cause ``unknown``; return how many.

    If an ``end`` event was not dropped but still waits in the spool, it overwrites this estimate.
    """
    ended = 0
    remaining = list(ids)
    for first in range(0, len(remaining), BATCH):
        batch = remaining[first : first + BATCH]
        rows = Connection.objects.filter(id__in=batch, state=Connection.State.OPEN)
        ended += end_all(rows, datetime.now(UTC), Cause.UNKNOWN)
    if ended:
        logger.warning("The ends of %d connections were dropped; recorded them with the cause unknown", ended)
    return ended


def end_connections(process_id: UUID, at: datetime) -> int:
    """End the open connections of a lost process at an estimated time; return how many."""
    open_rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return end_all(open_rows, at, Cause.PROCESS_LOST)


def end_all(rows: QuerySet[Connection], at: datetime, cause: Cause) -> int:
    """End open connections at an estimated time; those never accepted become ``rejected``; return how many."""
    refused = end(rows.filter(accepted_at=None), at, cause, Connection.State.REJECTED, None)
    return refused + end(rows, at, cause, Connection.State.CLOSED, CloseCode.ABNORMAL_CLOSURE)


def end(rows: QuerySet[Connection], at: datetime, cause: Cause, state: str, code: int | None) -> int:
    """Write an estimated end, but no earlier than the accept or the handshake; return the number of rows."""
    return rows.update(
        state=state,
        cause=cause.value,
        initiator=cause.initiator.value,
        close_code=code,
        closed_at=Greatest(Coalesce("accepted_at", "opened_at"), at),
        exact=False,
    )
