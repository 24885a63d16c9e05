"""Reads the recent ends from the database, because processes that are gone send no snapshots."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from channels.db import database_sync_to_async
from django.db.models import Count

from lifecycle.history.traffic import traffic
from lifecycle.server.process import Process
from lifecycle.verdict.causes import is_abnormal

from ..contract import LATEST_ENDS, RECENT_SECONDS, RecentEnds
from . import hub
from .ends import COLUMNS, end_row

#: The minimum time between two queries, in seconds.
PAUSE_SECONDS = 5.0


async def look_back(process: Process) -> bool:
    """Update ``Hub.recent`` if this process has viewers, at most once every ``PAUSE_SECONDS``.

    Return whether the database was asked. A tick without a query says nothing about the database.
    """
    feed = hub.current()
    if not feed.viewers or time.monotonic() - feed.looked_back_at < PAUSE_SECONDS:
        return False
    feed.looked_back_at = time.monotonic()
    ask = database_sync_to_async(read, thread_sensitive=False, executor=feed.gate)
    feed.recent = await ask(time.time())
    return True


def read(now: float) -> RecentEnds:
    """Return the number of connections that ended in the ``RECENT_SECONDS`` before ``now``, and the latest ends.

    The latest ends may be older than ``RECENT_SECONDS``.
    """
    since = datetime.fromtimestamp(now - RECENT_SECONDS, UTC)
    closed = traffic().filter(closed_at__gte=since, accepted_at__isnull=False)
    causes = dict(closed.values_list("cause").annotate(count=Count("id")).order_by())
    latest = traffic().filter(closed_at__isnull=False).order_by("-closed_at").values(*COLUMNS)[:LATEST_ENDS]
    return {
        "closes_5m": sum(causes.values()),
        "abnormal_5m": sum(count for cause, count in causes.items() if is_abnormal(cause)),
        "ends": [end_row(row) for row in latest],
    }
