"""How far back the record reaches, how large it is, and how fast it grows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.db import connections
from django.db.models import F, Sum

from lifecycle.database import APP, record_database
from lifecycle.history import rows
from lifecycle.history.periods import DAY, HOUR, floor
from lifecycle.models import Rollup, RollupProgress


class Size(NamedTuple):
    """The size of the record in the database. Times are Unix times; ``None`` means not known."""

    #: The earliest time in the rows, and the time since which rollups exist.
    rows_since: float | None
    rollups_since: float | None
    #: The size of all tables, with their indexes.
    bytes: int | None
    #: The growth, from the traffic of the last full days.
    bytes_per_day: float | None
    #: The free space of the disk. Known only if the database is a file on this host.
    free_bytes: int | None

    @property
    def full_in_days(self) -> float | None:
        """Return after how many days the disk will be full, if the record goes on growing as it does."""
        if self.free_bytes is None or not self.bytes_per_day:
            return None
        return self.free_bytes / self.bytes_per_day


def measure(now: float) -> Size:
    """Measure the record; takes some milliseconds, independent of the number of rows."""
    progress = RollupProgress.objects.filter(id=1).first()
    size = table_bytes()
    oldest = rows.oldest()
    growth = rows_per_day(now) * size / rows_held(oldest) if size and oldest and rows_held(oldest) else None
    return Size(oldest, progress.since if progress else None, size, growth, free_bytes())


def rows_held(oldest: float) -> int:
    """Return about how many rows the database holds: as many as were written since the oldest of them."""
    return handshakes(floor(oldest, HOUR), None)


def rows_per_day(now: float) -> float:
    """Return the number of rows written per day, on average over the last week or the time since the first one."""
    end = floor(now, HOUR)
    first = Rollup.objects.filter(step=HOUR, start__gte=end - 7 * DAY).order_by("start").first()
    hours = (end - first.start) // HOUR if first else 0
    return handshakes(first.start, end) / hours * 24 if first and hours else 0.0


def handshakes(start: int, end: int | None) -> int:
    """Return the number of connections that were accepted or refused from ``start`` until ``end``."""
    hours = Rollup.objects.filter(step=HOUR, start__gte=start)
    if end is not None:
        hours = hours.filter(start__lt=end)
    return int(hours.aggregate(number=Sum(F("opened") + F("refused")))["number"] or 0)


def table_bytes() -> int | None:
    """Return the size of the app's tables with their indexes; for SQLite, of the whole database."""
    connection = connections[record_database()]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        elif connection.vendor == "postgresql":
            names = list(tables())
            marks = " + ".join(["pg_total_relation_size(quote_ident(%s)::regclass)"] * len(names))
            cursor.execute(f"SELECT {marks}", names)
        else:
            return None
        return int(cursor.fetchone()[0])


def tables() -> Iterable[str]:
    """Return the names of the app's tables."""
    return (model._meta.db_table for model in apps.get_app_config(APP).get_models())


def free_bytes() -> int | None:
    """Return the free space on the disk of an SQLite database; ``None`` for other databases."""
    connection = connections[record_database()]
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or "memory" in name:
        return None
    return shutil.disk_usage(Path(name).parent).free
