"""Inserts rows, or updates those that exist, at the speed of the database's driver: one statement for many.

The ORM's ``bulk_create`` prepares each value of each row by itself, and costs several times the insert. What has
to be prepared here is known beforehand: ids, and times, which the spool keeps as seconds since the epoch.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from operator import itemgetter
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.constants import OnConflict

Row = dict[str, Any]
Values = Sequence[Any]
Prepare = Callable[[Any], Any]
#: Rows that one statement inserts. With each statement the driver lets other threads run, and then has to wait for
#: them: one a row costs the event loop as much as the whole insert. SQLite 3.31 takes 999 values at most.
ROWS = 25


def upsert(model: type[models.Model], names: Sequence[str], rows: Iterable[Values], update: Sequence[str]) -> None:
    """Insert rows of ``model``; of one whose primary key exists, update the given attributes.

    ``names`` are the attributes that each row has values of, in order; the others have their defaults. No two of
    the rows have the same primary key.
    """
    database = connections[router.db_for_write(model)]
    fields = {field.attname: field for field in model._meta.concrete_fields}
    defaults = {name: field.get_default() for name, field in fields.items() if name not in names}
    prepared = preparations([fields[name] for name in names], database)
    values = ([*ready(row, prepared), *defaults.values()] for row in rows)
    columns, rest = (*names, *defaults), list[Values]()
    groups = grouped(values, ROWS, rest)
    with database.cursor() as cursor:
        if (first := next(groups, None)) is not None:
            every: Any = itertools.chain([first], groups)
            cursor.executemany(statement(model, columns, update, database, ROWS), every)
        if rest:
            cursor.executemany(statement(model, columns, update, database), rest)


def grouped(values: Iterable[Values], number: int, rest: list[Values]) -> Iterator[Values]:
    """Yield the values of ``number`` rows at a time, as one statement takes them; the last few go to ``rest``."""
    every = iter(values)
    while len(group := list(itertools.islice(every, number))) == number:
        yield list(itertools.chain.from_iterable(group))
    rest += group


def update(
    model: type[models.Model],
    rows: Iterable[Row],
    change: Sequence[str],
    match: Sequence[str],
    unset: str | None = None,
) -> None:
    """Change attributes of the rows of ``model`` that match others, and where wanted have one not set yet."""
    database = connections[router.db_for_write(model)]
    quote, fields = database.ops.quote_name, model._meta.concrete_fields
    columns = {field.attname: quote(str(field.column)) for field in fields}
    picked = [field for name in (*change, *match) for field in fields if field.attname == name]
    prepared = preparations(picked, database)
    values = [ready(itemgetter(*change, *match)(row), prepared) for row in rows]
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
    number: int = 1,
) -> str:
    """Return the SQL that inserts a number of rows, or updates the given attributes of those that exist."""
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


def preparations(
    fields: Iterable[models.Field[Any, Any]], database: BaseDatabaseWrapper
) -> list[tuple[int, Prepare]]:
    """Return what turns values of the spool into those of the driver, with the places of those that need it."""
    found = ((place, preparation(field, database)) for place, field in enumerate(fields))
    return [(place, prepare) for place, prepare in found if prepare]


def preparation(field: models.Field[Any, Any], database: BaseDatabaseWrapper) -> Prepare | None:
    """Return what turns one attribute's values into those of the driver; ``None`` where they are that."""
    # A foreign key's column has the type of the key that it refers to.
    target = getattr(field, "target_field", field)
    if isinstance(target, models.DateTimeField):
        return moments_for(database)
    if isinstance(target, models.UUIDField) and not database.features.has_native_uuid_field:
        return without_hyphens
    return None


def ready(row: Values, prepared: Sequence[tuple[int, Prepare]]) -> list[Any]:
    """Return the values of a row as the driver takes them."""
    values = list(row)
    for place, prepare in prepared:
        value = values[place]
        if value is not None:
            values[place] = prepare(value)
    return values


def without_hyphens(value: object) -> str:
    """Return a UUID as databases without such a type keep it."""
    return str(value).replace("-", "")


def moment(seconds: float) -> datetime:
    """Return seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def moments_for(database: BaseDatabaseWrapper) -> Prepare:
    """Return what turns seconds since the epoch into times as a database keeps them."""
    if database.features.supports_timezones:
        return moment
    if database.vendor == "sqlite":
        return as_text(database.timezone)
    return lambda seconds: datetime.fromtimestamp(seconds, database.timezone).replace(tzinfo=None)


@functools.cache
def as_text(zone: tzinfo | None) -> Prepare:
    """Return what turns seconds since the epoch into text, as SQLite keeps times, in a time zone."""

    @functools.lru_cache(maxsize=1024)
    def whole(second: int) -> str:
        return str(datetime.fromtimestamp(second, zone).replace(tzinfo=None))

    def text(seconds: float) -> str:
        second = int(seconds)
        return f"{whole(second)}.{int((seconds - second) * 1_000_000):06d}"

    return text
