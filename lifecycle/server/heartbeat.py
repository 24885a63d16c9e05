"""The row of this server process in the database: its heartbeat, its lease, and its end."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.server.identity import Identity
from lifecycle.verdict.causes import Cause

logger = logging.getLogger("lifecycle")
#: The columns that each heartbeat updates. ``Now()`` is the database's clock, which all hosts share.
BEAT_COLUMNS = ("server", "heartbeat_at")


class Pulse:
    """Whether the heartbeats of this process have come regularly.

    After an outage of the database, or a pause of a whole host, every process seems lost until its next heartbeat.
    So a process that missed heartbeats itself must not declare others lost at once.
    """

    def __init__(self) -> None:
        self.last = self.since = -math.inf

    def steady(self, now: float, seconds: float) -> bool:
        """Note a heartbeat; return whether there was none missing for ``seconds``.

        ``now`` is in seconds of the monotonic clock.
        """
        if now - self.last >= seconds:
            self.since = now
        self.last = now
        return now - self.since >= seconds


def beat(process: Identity) -> None:
    """Renew the lease of a process; if another process declared it lost, undo that."""
    save(process, BEAT_COLUMNS)
    if reclaimed := reclaim(UUID(process.id)):
        logger.warning("This process had been declared lost; it reclaimed %d open connections", reclaimed)


def end(process: Identity) -> None:
    """Write that a process stopped in order."""
    save(process, (*BEAT_COLUMNS, "ended_at", "end"), ended_at=Now(), end=ServerProcess.End.STOPPED)


def save(process: Identity, update: tuple[str, ...], **columns: object) -> None:
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
    """Reopen the connections of a process that was only paused, and return how many there were.

    A row whose true end has been written in the meantime is no longer ``process_lost``, and keeps that end.
    """
    with transaction.atomic(using=record_database()):
        mine = ServerProcess.objects.filter(id=process_id, end=ServerProcess.End.LOST)
        if not mine.update(end=ServerProcess.End.RUNNING, ended_at=None):
            return 0
        lost = Connection.objects.filter(process_id=process_id, cause=Cause.PROCESS_LOST.value)
        return lost.update(
            state=Connection.State.OPEN, cause="", initiator="", close_code=None, closed_at=None, exact=True
        )
