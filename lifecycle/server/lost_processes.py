"""Writes estimated ends for lost processes, and for connections whose true end was never recorded.

A process is lost if its last heartbeat is older than ``LEASE_SECONDS``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.record.changes import mark_ends
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


def end_stopped(process_id: UUID, at: datetime) -> None:
    """Record that a process stopped cleanly at ``at``, even if it has been declared lost in the meantime.

    Its connections that have no recorded end get the cause ``unknown``.
    """
    with transaction.atomic(using=record_database()):
        rows = ServerProcess.objects.filter(id=process_id).exclude(end=ServerProcess.End.STOPPED)
        rows.update(ended_at=at, end=ServerProcess.End.STOPPED)
        estimated = Q(state=Connection.State.OPEN) | Q(cause=Cause.PROCESS_LOST.value)
        end_all(Connection.objects.filter(estimated, process_id=process_id), at, Cause.UNKNOWN)


def add_unknown_processes(ids: set[UUID]) -> None:
    """Insert rows for processes that have open connections but no row, so that they can be declared lost.

    The heartbeat in the row is the latest time in the open connections. If the process still runs, its own first
    heartbeat completes the row.
    """
    found = Connection.objects.filter(process_id__in=ids, state=Connection.State.OPEN).order_by()
    times = found.values_list("process_id").annotate(Min("opened_at"), Max("opened_at"), Max("accepted_at"))
    ServerProcess.objects.bulk_create([unknown_process(*row) for row in times], ignore_conflicts=True)


def unknown_process(
    process_id: UUID, first: datetime, last: datetime, last_accept: datetime | None
) -> ServerProcess:
    """Return the row of a process about which only the times of its open connections are known."""
    seen = min(max(last, last_accept or last), datetime.now(UTC))
    return ServerProcess(id=process_id, host="unknown", pid=0, started_at=first, heartbeat_at=seen)


def end_stragglers() -> int:
    """End the open connections of processes that ended over ``LEASE_SECONDS`` ago; return the number ended.

    A process may still write connections after it was declared lost. If open connections belong to a process that
    is missing from the table of processes, add it there, so ``end_lost_processes`` can end them later.
    """
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    # Not a join: few processes have open connections, while the number of ended processes keeps growing.
    rows = Connection.objects.filter(state=Connection.State.OPEN).exclude(process_id=None)
    owners = set(rows.values_list("process_id", flat=True).distinct())
    over = ExpressionWrapper(Q(ended_at__lt=limit), output_field=BooleanField())
    known = {process.id: process for process in ServerProcess.objects.filter(id__in=owners).annotate(over=over)}
    if unknown := owners - known.keys():
        add_unknown_processes(unknown)
    return sum(end_connections(process.id, process.heartbeat_at) for process in known.values() if process.over)


def open_connections(process_id: UUID) -> set[UUID]:
    """Return the IDs of a process's connections that are open in the database."""
    rows = Connection.objects.filter(process_id=process_id, state=Connection.State.OPEN)
    return set(rows.values_list("id", flat=True))


def end_forgotten(ids: Iterable[UUID]) -> int:
    """End connections whose ``end`` events were probably dropped; return their number.

    Their cause is ``unknown``. If an ``end`` event is in the spool after all, it later replaces the end
    that is written here.
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
    ids = list(rows.values_list("id", flat=True))
    if ids:
        ServerProcess.objects.filter(id__in=set(rows.values_list("process_id", flat=True))).update(
            has_estimates=True
        )
    with transaction.atomic(using=record_database()):
        return sum(end_batch(rows, ids[first : first + BATCH], at, cause) for first in range(0, len(ids), BATCH))


def end_batch(rows: QuerySet[Connection], ids: list[UUID], at: datetime, cause: Cause) -> int:
    """End those of ``rows`` that have the given IDs, and mark the minutes of their old and new ends."""
    chosen, all_chosen = rows.filter(id__in=ids), Connection.objects.filter(id__in=ids)
    mark_ends(all_chosen)
    refused = end(chosen.filter(accepted_at=None), at, cause, Connection.State.REJECTED, None)
    accepted = chosen.filter(accepted_at__isnull=False)
    ended = refused + end(accepted, at, cause, Connection.State.CLOSED, CloseCode.ABNORMAL_CLOSURE)
    mark_ends(all_chosen)
    return ended


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
