"""The system check of the disk on which the record is stored."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.db import DatabaseError

from lifecycle.database import record_database
from lifecycle.history import size

TAG = "lifecycle"
#: Warn if the disk would be full within this many days.
DAYS = 7


def register() -> None:
    """Register the check with Django, which runs it with ``migrate`` and ``check --database``."""
    checks.register(check_disk, TAG, Tags.database)


def check_disk(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn if the record's disk would be full within a week."""
    if record_database() not in (databases or ()):
        return []
    try:
        days = size.measure(time.time()).full_in_days
    except DatabaseError:  # the tables do not exist before the first migration
        return []
    return [warning(days)] if days is not None and days < DAYS else []


def warning(days: float) -> CheckMessage:
    """Return the warning."""
    return checks.Warning(
        f"The disk of the database would be full in {days:.1f} days.",
        hint='Free space on the disk, or keep rows for a shorter time: LIFECYCLE["ROWS_DAYS"].',
        id=f"{TAG}.W010",
    )
