"""Writes estimated ends for lost processes, and for connections whose true end was never recorded.

A process is lost if its last heartbeat is older than ``LEASE_SECONDS``.
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
    """Declare processes lost if their lease has expired, except ``own``; return the number declared lost."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    lost = ServerProcess.objects.filter(ended_at=None, heartbeat_at__lt=limit)
    return sum(end_process(process) for process in lost if process.id != own)


def end_process(process: ServerProcess) -> bool:
    """Declare a process lost and end its open connections, in one transaction; return whether this call did so.

    Nothing changes if another process was first, or if the lost process has sent a heartbeat since its row was
    read.
    """
    silent = ServerProcess.objects.filter(id=process.id, ended_at=None, heartbeat_at__lte=process.heartbeat_at)
    with transaction.atomic(using=record_database()):
        claimed = silent.update(ended_at=F("heartbeat_at"), end=ServerProcess.End.LOST)
        ended = end_connections(process.id, process.heartbeat_at) if claimed else 0
    if claimed:
        logger.warning("Process %s was lost with %d open connections", process, ended)
    return bool(claimed)


def end_stragglers() -> int:
    """End the open connections of processes that ended over ``LEASE_SECONDS`` ago; return the number ended.

    A process may still write connections after it was declared lost.
    """
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    # Not a join: few processes have open connections, while the number of ended processes keeps growing.
    owners = Connection.objects.filter(state=Connection.State.OPEN).values_list("process_id", flat=True).distinct()
    ended = ServerProcess.objects.filter(id__in=list(owners), ended_at__lt=limit)
    return sum(end_connections(process.id, process.heartbeat_at) for process in ended)


def open_connections(process_id: UUID) -> set[UUID]:
    """Return the IDs of a process's connections that are open in the database."""
    rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return set(rows.values_list("id", flat=True))


def end_forgotten(ids: Iterable[UUID]) -> int:
    """End connections whose ``end`` events were probably dropped; return their number.

    Their cause is ``unknown``. If such an event is in the spool after all, it replaces this end later.
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
    """End the open connections of a lost process at an estimated time; return the number ended."""
    open_rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return end_all(open_rows, at, Cause.PROCESS_LOST)


def end_all(rows: QuerySet[Connection], at: datetime, cause: Cause) -> int:
    """End open connections at an estimated time; return the number ended.

    Accepted connections get the state ``closed``; the other connections get the state ``rejected``.
    """
    refused = end(rows.filter(accepted_at=None), at, cause, Connection.State.REJECTED, None)
    return refused + end(rows, at, cause, Connection.State.CLOSED, CloseCode.ABNORMAL_CLOSURE)


def end(rows: QuerySet[Connection], at: datetime, cause: Cause, state: str, code: int | None) -> int:
    """Write an estimated end; return the number of rows.

    ``closed_at`` is set to ``at``, but never to a time before the accept. If there was no accept, it is never
    before the handshake.
    """
    return rows.update(
        state=state,
        cause=cause.value,
        initiator=cause.initiator.value,
        close_code=code,
        closed_at=Greatest(Coalesce("accepted_at", "opened_at"), at),
        exact=False,
    )
