"""SQL expressions for times, on SQLite, PostgreSQL, MySQL and MariaDB."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, ExpressionWrapper, F, FloatField, Func, IntegerField


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


class Seconds(Func):
    """SQL expression that converts a timestamp column to Unix time with fractions."""

    output_field = FloatField()
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS double precision)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for SQLite. ``julianday`` would be too coarse: it could round into the next second."""
        template = "(CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) + ('0' || substr(%(expressions)s, 20)))"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for MySQL and MariaDB."""
        return self.as_sql(compiler, connection, template="(UNIX_TIMESTAMP(%(expressions)s) + 0e0)", **context)


def undecoded(column: str) -> ExpressionWrapper:
    """Return a column as the driver returns it. Django would convert each value of a UUID column separately."""
    return ExpressionWrapper(F(column), output_field=CharField())
