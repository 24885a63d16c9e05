"""Inserts or updates many rows with one statement, at the speed of the database driver.

The ORM's ``bulk_create`` prepares every value of every row separately, which takes several times as long as the
insert. This module converts only the values that need a conversion: UUIDs and times.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict

from lifecycle.batches import batched
from lifecycle.conversions import Values, conversions, converted

T = TypeVar("T")
Row = dict[str, Any]
#: Rows per statement. The driver releases the GIL for each statement and then waits to acquire it again. With one
#: statement per row, this would cost the event loop as much time as the whole insert. The number of rows is
#: limited by SQLite 3.31, which accepts at most 999 values per statement.
ROWS = 25


def upsert(model: type[models.Model], names: Sequence[str], rows: Iterable[Values], update: Sequence[str]) -> None:
    """Insert rows of ``model``; if a row's primary key exists, set the attributes in ``update`` instead.

    Each row contains the values of the attributes ``names``, in that order. All other attributes get their
    defaults. No two rows may have the same primary key.
    """
    database = connections[router.db_for_write(model)]
    fields = {field.attname: field for field in model._meta.concrete_fields}
    defaults = {name: field.get_default() for name, field in fields.items() if name not in names}
    needed = conversions([fields[name] for name in names], database)
    values = ([*converted(row, needed), *defaults.values()] for row in rows)
    columns = (*names, *defaults)
    with database.cursor() as cursor:
        # Full batches share one statement. The remaining rows are inserted one by one. So the database has to
        # parse only two statements, regardless of the number of rows.
        for is_full, batches in itertools.groupby(batched(values, ROWS), key=lambda batch: len(batch) == ROWS):
            number = ROWS if is_full else 1
            cursor.executemany(statement(model, columns, update, database, number), parameters(batches, number))


def raise_counts(model: type[models.Model], rows: Sequence[Row], count: str) -> None:
    """Insert rows of ``model``; if a row's primary key exists, only raise its ``count`` if the new one is higher.

    So rows with an older count may be written again later. All rows have the same attributes.
    """
    if not rows:
        return
    key = model._meta.pk.attname
    upsert(model, tuple(rows[0]), (tuple(row.values()) for row in rows), (key,))
    for row in rows:
        lower = model._default_manager.filter(**{key: row[key], f"{count}__lt": row[count]})
        lower.update(**{count: row[count]})


def parameters(batches: Iterable[list[list[Any]]], number: int) -> Any:  # noqa: ANN401 - the stubs want a sequence
    """Yield the parameters of each statement, which inserts a batch, or a single row if ``number`` is 1."""
    lists = itertools.chain.from_iterable
    return (list(lists(batch)) for batch in batches) if number > 1 else lists(batches)


def update(
    model: type[models.Model],
    rows: Iterable[Row],
    change: Sequence[str],
    match: Sequence[str],
    unset: str | None = None,
) -> None:
    """Update rows of ``model``.

    ``match`` and ``change`` contain names of attributes. Each item of ``rows`` has a value for each of them. The
    values for ``match`` select the table rows to update, and the values for ``change`` are written to these rows.
    If ``unset`` is the name of an attribute, only table rows in which this attribute is null are updated.
    """
    database = connections[router.db_for_write(model)]
    quote, fields = database.ops.quote_name, model._meta.concrete_fields
    columns = {field.attname: quote(str(field.column)) for field in fields}
    picked = [field for name in (*change, *match) for field in fields if field.attname == name]
    needed = conversions(picked, database)
    values = [converted(itemgetter(*change, *match)(row), needed) for row in rows]
    changes = ", ".join(f"{columns[name]} = %s" for name in change)
    conditions = [f"{columns[name]} = %s" for name in match] + ([f"{columns[unset]} IS NULL"] if unset else [])
    if values:
        with database.cursor() as cursor:
            table = quote(model._meta.db_table)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE {' AND '.join(conditions)}", values)  # noqa: S608 - own names only


def statement(
    model: type[models.Model],
    names: Sequence[str],
    update: Sequence[str],
    database: BaseDatabaseWrapper,
    number: int,
) -> str:
    """Return the SQL that inserts ``number`` rows; of existing rows, it sets only the attributes ``update``."""
    meta, quote = model._meta, database.ops.quote_name
    columns = {field.attname: str(field.column) for field in meta.concrete_fields}
    changed = [columns[name] for name in update]
    suffix = database.ops.on_conflict_suffix_sql(
        meta.concrete_fields, OnConflict.UPDATE, changed, [columns[meta.pk.attname]]
    )
    into = ", ".join(quote(columns[name]) for name in names)
    row = f"({', '.join(['%s'] * len(names))})"
    rows = ", ".join([row] * number)
    return f"INSERT INTO {quote(meta.db_table)} ({into}) VALUES {rows} {suffix}"  # noqa: S608 - own names only
