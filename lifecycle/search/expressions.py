"""SQL expressions that decide which index a query uses."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func


class Unindexed(Func):
    """The value of a column, for which SQLite does not use the column's index.

    Without statistics, SQLite prefers an index with an equal value to one with a range, however many rows have the
    value (https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_). The planners of
    other databases know how often a value occurs.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # noqa: ANN401
        """Return the SQL for SQLite: the unary plus changes nothing but the plan."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def unindexed(column: str) -> Unindexed:
    """Return the expression for a column."""
    return Unindexed(F(column))
