"""Converts values of the spool into those that the database driver expects: UUIDs and times.

Times are seconds since the epoch in the spool.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

Values = Sequence[Any]
Convert = Callable[[Any], Any]


def conversions(
    fields: Iterable[models.Field[Any, Any]], database: BaseDatabaseWrapper
) -> list[tuple[int, Convert]]:
    """Return the functions that convert values of the spool for the driver, each with its column's index."""
    found = ((index, conversion(field, database)) for index, field in enumerate(fields))
    return [(index, convert) for index, convert in found if convert]


def conversion(field: models.Field[Any, Any], database: BaseDatabaseWrapper) -> Convert | None:
    """Return the function that converts an attribute's values for the driver; ``None`` if none is needed."""
    # The column of a foreign key has the type of the key that it refers to.
    target = getattr(field, "target_field", field)
    if isinstance(target, models.DateTimeField):
        return time_conversion(database)
    if isinstance(target, models.UUIDField) and not database.features.has_native_uuid_field:
        return without_hyphens
    return None


def converted(row: Values, needed: Sequence[tuple[int, Convert]]) -> list[Any]:
    """Return the values of a row, converted for the driver."""
    values = list(row)
    for index, convert in needed:
        value = values[index]
        if value is not None:
            values[index] = convert(value)
    return values


def without_hyphens(value: object) -> str:
    """Return a UUID as Django stores it in databases that have no UUID type."""
    return str(value).replace("-", "")


def moment(seconds: float) -> datetime:
    """Return the UTC time that is so many seconds after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def time_conversion(database: BaseDatabaseWrapper) -> Convert:
    """Return the function that converts seconds since the epoch into times for a database."""
    if database.features.supports_timezones:
        return moment
    if database.vendor == "sqlite":
        return as_text(database.timezone)
    return lambda seconds: datetime.fromtimestamp(seconds, database.timezone).replace(tzinfo=None)


@functools.cache
def as_text(zone: tzinfo | None) -> Convert:
    """Return the function that formats seconds since the epoch as Django stores times in SQLite."""

    @functools.lru_cache(maxsize=1024)
    def whole_second(second: int) -> str:
        return str(datetime.fromtimestamp(second, zone).replace(tzinfo=None))

    def text(seconds: float) -> str:
        second = int(seconds)
        return f"{whole_second(second)}.{int((seconds - second) * 1_000_000):06d}"

    return text
