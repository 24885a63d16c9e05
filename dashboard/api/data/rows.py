"""Reads rows of connections, newest first, a limited number at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from lifecycle.models import Connection
from lifecycle.search.walk import LOWEST, Place, Search, read

from ...explorer import filters, query
from .columns import READ, Row, finished


class Part(NamedTuple):
    """Some rows, and the place after which the older ones begin; ``None`` if there are none.

    ``reached`` is the time up to which the search got if it stopped because its time was over.
    """

    rows: list[Row]
    older: Place | None
    reached: datetime | None


def search_for(parameters: Iterable[tuple[str, str]], now: datetime) -> Search:
    """Return the search for the filters in the parameters of an address. Raises ``BadFilter``."""
    search = query.search_for(filters.parse(parameters, now), now)
    plain = search.rows.select_related(None).prefetch_related(None)
    rows: Any = plain.values(*READ)
    return replace(search, rows=rows)


def read_part(search: Search, place: Place | None, limit: int, seconds: float) -> Part:
    """Return at most ``limit`` rows that are older than a place; search for about ``seconds``."""
    found = read(search, limit, seconds, place)
    rows: Any = found.rows
    older = None
    if found.more:
        older = Place(rows[-1]["opened_at"], rows[-1]["id"])
    elif found.reached:
        older = Place(found.reached, LOWEST)
    return Part(list(finished(rows)), older, found.reached)


def read_one(key: UUID | None) -> Row | None:
    """Return the row of a connection, or ``None`` if there is none."""
    if key is None:
        return None
    found: list[Any] = list(Connection.objects.filter(pk=key).values(*READ))
    return next(finished(found), None)
