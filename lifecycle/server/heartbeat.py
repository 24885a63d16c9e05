"""The row of this server process in the database: its heartbeat, its lease, and its end."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.models import Connection, ServerProcess
from lifecycle.record.changes import mark_between, mark_ends
from lifecycle.server.identity import Identity
from lifecycle.verdict.causes import Cause

logger = logging.getLogger("lifecycle")
#: The columns that each heartbeat updates. ``Now()`` is the database's clock, which all hosts share.
BEAT_COLUMNS = ("server", "heartbeat_at")
#: The columns that the first heartbeat updates, if the housekeeping has inserted the row without knowing them.
FIRST_COLUMNS = (*BEAT_COLUMNS, "host", "pid", "release", "started_at")


class Pulse:
    """Tracks whether this process has sent its heartbeats regularly.

    After a database outage or a pause of the whole host, every process looks lost until its next heartbeat. So a
    process that missed its own heartbeats must wait before it declares others lost.
    """

    def __init__(self) -> None:
        self.last = self.since = -math.inf

    @property
    def is_first(self) -> bool:
        """Return whether no heartbeat has been noted yet."""
        return self.last == -math.inf

    def steady(self, now: float, seconds: float) -> bool:
        """Note a heartbeat; return whether the heartbeats of the last ``seconds`` came without a gap.

        ``now`` is the time of this heartbeat in seconds of the monotonic clock. A pause of ``seconds`` or more
        between two heartbeats is a gap.
        """
        if now - self.last >= seconds:
            self.since = now
        self.last = now
        return now - self.since >= seconds

    def is_recent(self, now: float, seconds: float) -> bool:
        """Return whether the last heartbeat was less than ``seconds`` ago."""
        return now - self.last < seconds


def beat(process: Identity, first: bool = False) -> None:
    """Renew the lease of a process; if another process declared it lost, reopen its connections."""
    save(process, FIRST_COLUMNS if first else BEAT_COLUMNS)
    if reclaimed := reclaim(UUID(process.id)):
        logger.warning("This process had been declared lost; it reclaimed %d open connections", reclaimed)


def is_fresh(process_id: UUID) -> bool:
    """Return whether a process is running as far as the database knows: its lease has not expired."""
    limit = Now() - timedelta(seconds=conf.get("LEASE_SECONDS"))
    return ServerProcess.objects.filter(id=process_id, ended_at=None, heartbeat_at__gte=limit).exists()


def end(process: Identity) -> None:
    """Record that a process was shut down cleanly, even if another process has declared it lost."""
    lost = ServerProcess.objects.filter(id=process.id, end=ServerProcess.End.LOST).first()
    if lost and lost.ended_at:
        mark_between(lost.ended_at, datetime.now(UTC))
    save(process, (*BEAT_COLUMNS, "ended_at", "end"), ended_at=Now(), end=ServerProcess.End.STOPPED)


def save(process: Identity, update: tuple[str, ...], **columns: object) -> None:
    """Insert the row of a process; if the row exists, set only the columns named in ``update``."""
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
    """Reopen the connections of a process that was paused and declared lost; return the number of connections.

    Connections whose true end has been written in the meantime keep that end: their cause is no longer
    ``process_lost``.
    """
    with transaction.atomic(using=record_database()):
        mine = ServerProcess.objects.filter(id=process_id, end=ServerProcess.End.LOST)
        declared = mine.values_list("ended_at", flat=True).first()
        if declared is None:
            return 0
        mine.update(end=ServerProcess.End.RUNNING, ended_at=None)
        # True ends that were written in the meantime have replaced estimated ends in these minutes.
        mark_between(declared, datetime.now(UTC))
        lost = Connection.objects.filter(process_id=process_id, cause=Cause.PROCESS_LOST.value)
        mark_ends(lost)
        return lost.update(
            state=Connection.State.OPEN, cause="", initiator="", close_code=None, closed_at=None, exact=True
        )
