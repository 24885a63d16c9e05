"""The row of this server process in the database: its heartbeat, its lease taken back, its end in order."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause

if TYPE_CHECKING:
    from lifecycle.server.process import Process

logger = logging.getLogger("lifecycle")
#: An upsert asks for a value of each column; these two are given by ``Now()``, the clock that all hosts share.
BEAT_COLUMNS = ("server", "heartbeat_at")


class Pulse:
    """Whether the heartbeat of this process has gone without a gap of late.

    After an outage of the database, or a pause of a whole host, every process seems lost until it can beat again:
    whoever has missed beats itself may not judge the others at once.
    """

    def __init__(self) -> None:
        """Begin before the first beat."""
        self.last = self.since = -math.inf

    def steady(self, now: float, seconds: float) -> bool:
        """Note a beat, and tell whether the beats have come for ``seconds`` without a gap of as much."""
        if now - self.last >= seconds:
            self.since = now
        self.last = now
        return now - self.since >= seconds


def beat(process: Process) -> None:
    """Renew the lease of a process, and take it back where others thought the process lost."""
    save(process, BEAT_COLUMNS)
    if taken_back := reclaim(UUID(process.id)):
        logger.warning("This process was taken for lost, and took %d open connections back", taken_back)


def end(process: Process) -> None:
    """Write that a process stopped in order."""
    save(process, (*BEAT_COLUMNS, "ended_at", "end"), ended_at=Now(), end=ServerProcess.End.STOPPED)


def save(process: Process, update: tuple[str, ...], **columns: object) -> None:
    """Insert the row of a process, or update some of its columns."""
    row = ServerProcess(
        id=UUID(process.id),
        host=process.host,
        pid=process.pid,
        server=process.server,
        release=process.release,
        started_at=datetime.fromtimestamp(process.started_at, UTC),
        heartbeat_at=Now(),
        **columns,
    )
    ServerProcess.objects.bulk_create([row], update_conflicts=True, unique_fields=["id"], update_fields=update)


def reclaim(process_id: UUID) -> int:
    """Undo the verdict of a neighbour on a process that was only paused; return how many connections were open.

    Rows whose true end has been written meanwhile are no longer ``process_lost``, and keep it.
    """
    with transaction.atomic(using=record_database()):
        mine = ServerProcess.objects.filter(id=process_id, end=ServerProcess.End.LOST)
        if not mine.update(end=ServerProcess.End.RUNNING, ended_at=None):
            return 0
        lost = Connection.objects.filter(process_id=process_id, cause=Cause.PROCESS_LOST.value)
        return lost.update(
            state=Connection.State.OPEN, cause="", initiator="", close_code=None, closed_at=None, exact=True
        )
