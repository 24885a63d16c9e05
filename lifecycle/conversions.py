"""Converts UUIDs and times from their form in the spool to the form that the database driver expects.

In the spool, UUIDs are text, and times are in seconds since the epoch.
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
    """Return ``(index, function)`` for each of the fields whose values have to be converted for the driver."""
    found = ((index, conversion(field, database)) for index, field in enumerate(fields))
    return [(index, convert) for index, convert in found if convert]


def conversion(field: models.Field[Any, Any], database: BaseDatabaseWrapper) -> Convert | None:
    """Return the function that converts a field's values for the driver; ``None`` if no conversion is needed."""
    # The column of a foreign key has the type of the column that it refers to.
    target = getattr(field, "target_field", field)
    if isinstance(target, models.DateTimeField):
        return time_conversion(database)
    if isinstance(target, models.UUIDField) and not database.features.has_native_uuid_field:
        return without_hyphens
    return None


def converted(row: Values, needed: Sequence[tuple[int, Convert]]) -> list[Any]:
    """Return the values of a row; the values at the indexes in ``needed`` are converted for the driver."""
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
    """Return the UTC time for a number of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def time_conversion(database: BaseDatabaseWrapper) -> Convert:
    """Return the function that converts seconds since the epoch to a time in the form that the database stores."""
    if database.features.supports_timezones:
        return moment
    if database.vendor == "sqlite":
        return as_text(database.timezone)
    return lambda seconds: datetime.fromtimestamp(seconds, database.timezone).replace(tzinfo=None)


@functools.cache
def as_text(zone: tzinfo | None) -> Convert:
    """Return a function that formats seconds since the epoch in the same way as Django does for SQLite."""

    @functools.lru_cache(maxsize=1024)
    def whole_second(second: int) -> str:
        return str(datetime.fromtimestamp(second, zone).replace(tzinfo=None))

    def text(seconds: float) -> str:
        second = int(seconds)
        return f"{whole_second(second)}.{int((seconds - second) * 1_000_000):06d}"

    return text
