"""Reads and replaces the rollups of periods in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import models

from lifecycle.history.marginals import ALL, Marginals
from lifecycle.history.measures import MEASURES, Measures
from lifecycle.models import EndpointEnds, EndpointRollup, Ends, ProcessRollup, Rollup

TABLES: tuple[type[models.Model], ...] = (Rollup, EndpointRollup, ProcessRollup, Ends, EndpointEnds)
#: The columns that tell the rows of one period apart, in the tables of measures.
KEYS: dict[type[models.Model], tuple[str, ...]] = {
    Rollup: (),
    EndpointRollup: ("endpoint",),
    ProcessRollup: ("process_id",),
}
#: Rows per statement.
BATCH = 500


def replace(step: int, periods: Mapping[int, Marginals]) -> None:
    """Replace the rollups of the given periods, by their starts. The caller opens a transaction."""
    starts = list(periods)
    for table in TABLES:
        for first in range(0, len(starts), BATCH):
            table._default_manager.filter(step=step, start__in=starts[first : first + BATCH]).delete()
    rows: dict[type[models.Model], list[models.Model]] = {table: [] for table in TABLES}
    for start, marginals in periods.items():
        for row in rows_of(step, start, marginals):
            rows[type(row)].append(row)
    for table, found in rows.items():
        table._default_manager.bulk_create(found, batch_size=BATCH)


def rows_of(step: int, start: int, marginals: Marginals) -> Iterable[models.Model]:
    """Yield the database rows of one period."""
    for key, measures in marginals.measures.items():
        columns = measures.columns()
        if key is ALL:
            yield Rollup(step=step, start=start, **columns)
        elif isinstance(key, UUID):
            yield ProcessRollup(step=step, start=start, process_id=key, **columns)
        else:
            yield EndpointRollup(step=step, start=start, endpoint=key, **columns)
    for (cause, code, state), count in marginals.ends.items():
        yield Ends(step=step, start=start, cause=cause, code=code, state=state, count=count)
    for (endpoint, cause), count in marginals.endpoint_ends.items():
        yield EndpointEnds(step=step, start=start, endpoint=endpoint, cause=cause, count=count)


def read(step: int, start: int, end: int) -> dict[int, Marginals]:
    """Return the rollups of the periods from ``start`` until ``end``, by their starts in ascending order."""
    found: dict[int, Marginals] = defaultdict(Marginals)
    for table, key in KEYS.items():
        for at, *columns in rows(table, step, start, end, *MEASURES, *key):
            measures = Measures.of_row(columns[: len(MEASURES)])
            found[at].measures[columns[-1] if key else ALL] = measures
    for at, cause, code, state, count in rows(Ends, step, start, end, "cause", "code", "state", "count"):
        found[at].ends[cause, code, state] = count
    for at, endpoint, cause, count in rows(EndpointEnds, step, start, end, "endpoint", "cause", "count"):
        found[at].endpoint_ends[endpoint, cause] = count
    return {at: found[at] for at in sorted(found)}


def rows(table: type[models.Model], step: int, start: int, end: int, *names: str) -> Iterable[tuple[Any, ...]]:
    """Return the starts and the named columns of the rollups in a table from ``start`` until ``end``."""
    found = table._default_manager.filter(step=step, start__gte=start, start__lt=end)
    return found.order_by().values_list("start", *names)
