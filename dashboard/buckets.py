"""Counts database rows by time bucket, on SQLite, PostgreSQL, MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Func, IntegerField, QuerySet

from lifecycle.models import Connection

from .windows import Window

#: A result row: the selected columns, ``count``, and ``slot``, the position of the bucket in the window.
Row = dict[str, Any]


class Epoch(Func):
    """SQL expression that converts a timestamp column to Unix time in whole seconds."""

    output_field = IntegerField()
    template = "CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s)) AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for SQLite, where timestamps are stored as text."""
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **context
        )

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for MySQL and MariaDB, which do not support ``EXTRACT(EPOCH ...)``."""
        return self.as_sql(compiler, connection, template="FLOOR(UNIX_TIMESTAMP(%(expressions)s))", **context)


def bucketed(rows: QuerySet[Connection], column: str, window: Window, *names: str) -> Iterator[Row]:
    """Yield the number of rows in each bucket of a window, grouped by the columns ``names``.

    ``column`` is the timestamp column that decides the bucket. Rows after the window count in its last bucket.
    """
    slot = (Epoch(column) - window.start) / window.bucket
    counted = rows.annotate(slot=slot).values("slot", *names).annotate(count=Count("id")).order_by()
    for row in counted:
        yield {**row, "slot": min(int(row["slot"]), window.count - 1)}
