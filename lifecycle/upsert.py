"""Inserts rows, or updates those that exist, at the speed of the database's driver: one statement for all.

The ORM's ``bulk_create`` prepares each value of each row by itself, and costs several times the insert. What has
to be prepared here is known beforehand: ids, and times, which the spool keeps as seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict

Row = dict[str, Any]
Prepare = Callable[[Any], Any]


def upsert(model: type[models.Model], rows: Iterable[Row], update: Sequence[str]) -> None:
    """Insert rows of ``model``, by attribute name; of one whose primary key exists, update the given ones."""
    database = connections[router.db_for_write(model)]
    fields = model._meta.concrete_fields
    columns = [(field.attname, field.get_default(), preparation(field, database)) for field in fields]
    values = [[prepare(row.get(name, default)) for name, default, prepare in columns] for row in rows]
    if values:
        with database.cursor() as cursor:
            cursor.executemany(statement(model, update, database), values)


def update(
    model: type[models.Model],
    rows: Iterable[Row],
    change: Sequence[str],
    match: Sequence[str],
    unset: str | None = None,
) -> None:
    """Change attributes of the rows of ``model`` that match others, and where wanted have one not set yet."""
    database = connections[router.db_for_write(model)]
    quote, fields = database.ops.quote_name, {field.attname: field for field in model._meta.concrete_fields}
    prepare = [(name, preparation(fields[name], database)) for name in (*change, *match)]
    values = [[ready(row[name]) for name, ready in prepare] for row in rows]
    columns = {name: quote(str(field.column)) for name, field in fields.items()}
    changes = ", ".join(f"{columns[name]} = %s" for name in change)
    conditions = [f"{columns[name]} = %s" for name in match] + ([f"{columns[unset]} IS NULL"] if unset else [])
    if values:
        with database.cursor() as cursor:
            table = quote(model._meta.db_table)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE {' AND '.join(conditions)}", values)  # noqa: S608 - own names only


def statement(model: type[models.Model], update: Sequence[str], database: BaseDatabaseWrapper) -> str:
    """Return the SQL that inserts one row, or updates the given attributes of it."""
    meta, quote = model._meta, database.ops.quote_name
    fields = {field.attname: str(field.column) for field in meta.concrete_fields}
    changed = [fields[name] for name in update]
    suffix = database.ops.on_conflict_suffix_sql(
        meta.concrete_fields, OnConflict.UPDATE, changed, [fields[meta.pk.attname]]
    )
    names = ", ".join(quote(column) for column in fields.values())
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({marks}) {suffix}"  # noqa: S608 - own names only


def preparation(field: models.Field[Any, Any], database: BaseDatabaseWrapper) -> Prepare:
    """Return what turns a value of the spool into one of the driver."""
    # A foreign key's column has the type of the key that it refers to.
    target = getattr(field, "target_field", field)
    if isinstance(target, models.DateTimeField):
        return lambda value: None if value is None else database.ops.adapt_datetimefield_value(moment(value))
    if isinstance(target, models.UUIDField) and not database.features.has_native_uuid_field:
        return lambda value: None if value is None else str(value).replace("-", "")
    return lambda value: value


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
