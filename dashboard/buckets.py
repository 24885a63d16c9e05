"""Counts of database rows by bucket, on SQLite, PostgreSQL, MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Func, IntegerField, QuerySet

from lifecycle.models import Connection

from .windows import Window

#: A row of a query: the named columns, ``count``, and ``slot``, the number of the bucket.
Row = dict[str, Any]


class Epoch(Func):
    """A timestamp column as whole seconds since the epoch."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for SQLite, which stores timestamps as text."""
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **context
        )

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for MySQL and MariaDB, which have no ``EXTRACT(EPOCH ...)``."""
        return self.as_sql(compiler, connection, template="FLOOR(UNIX_TIMESTAMP(%(expressions)s))", **context)


def bucketed(rows: QuerySet[Connection], column: str, window: Window, *names: str) -> Iterator[Row]:
    """Yield how many rows have a time in each bucket of a window, by the named columns.

    ``column`` is the timestamp column. Rows later than the window are counted in its last bucket.
    """
    slot = (Epoch(column) - window.start) / window.bucket
    counted = rows.annotate(slot=slot).values("slot", *names).annotate(count=Count("id")).order_by()
    for row in counted:
        yield {**row, "slot": min(int(row["slot"]), window.count - 1)}
