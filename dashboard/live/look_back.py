"""What the record says of the last minutes: it also knows what processes did that are gone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import Count

from lifecycle.models import Connection
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause

from ..history import traffic
from . import hub

#: Seconds between two reads, while somebody looks.
PAUSE_SECONDS = 5.0
ABNORMAL_SECONDS = 300
ENDS = 12

Recent = dict[str, Any]


async def look_back(process: Process) -> None:
    """Read the last minutes for the viewers of this process, every now and then."""
    feed = hub.current()
    if feed.viewers and time.monotonic() - feed.looked_back_at >= PAUSE_SECONDS:
        feed.looked_back_at = time.monotonic()
        ask = database_sync_to_async(read, thread_sensitive=False, executor=feed.gate)
        feed.recent = await ask(time.time())


def read(now: float) -> Recent:
    """Return the ends of the last five minutes, how many were abnormal, and the latest ones."""
    since = datetime.fromtimestamp(now - ABNORMAL_SECONDS, UTC)
    closed = traffic().filter(closed_at__gte=since, accepted_at__isnull=False)
    causes = dict(closed.values_list("cause").annotate(count=Count("id")).order_by())
    latest = traffic().filter(closed_at__isnull=False).order_by("-closed_at")[:ENDS]
    return {
        "closes_5m": sum(causes.values()),
        "abnormal_5m": sum(count for cause, count in causes.items() if Cause(cause).abnormal),
        "ends": [end_row(connection) for connection in latest],
    }


def end_row(connection: Connection) -> Recent:
    """Return one end as the page takes it."""
    ended, lasted = connection.closed_at, connection.duration
    return {
        "id": str(connection.id),
        "at": round(ended.timestamp(), 3) if ended else 0.0,
        "endpoint": connection.endpoint,
        "state": connection.state,
        "code": connection.close_code,
        "cause": connection.cause,
        "initiator": connection.initiator,
        "duration_s": None if lasted is None else round(lasted.total_seconds(), 3),
    }
