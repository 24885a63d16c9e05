"""From filters to a search: the conditions, and the indexes that find the connections."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q

from lifecycle.history.traffic import is_internal, traffic
from lifecycle.models import Connection, ServerProcess
from lifecycle.search import addresses
from lifecycle.search.terms import NOTHING, Kind, Term, terms
from lifecycle.search.walk import Rows, Search

from . import conditions
from .filters import Filters

#: How many processes a search names; the latest. SQLite 3.31 accepts 999 values in a statement.
PROCESSES = 500
#: Clocks of hosts differ. A connection is not older than its process by more than this.
MARGIN = timedelta(minutes=1)


def search_for(filters: Filters, now: datetime) -> Search:
    """Return the search for the connections that meet all filters."""
    words = terms(filters.q) if filters.q else []
    since, until = window_of(filters, now)
    along = [*user_index(filters), *address_index(filters), *process_index(filters), *indexes_of(words)]
    named = [Q(process_id__in=[row.pk for row in processes(filters)])] if several(filters) else []
    wanted = [*along[1:], *named, *conditions.of(filters, now), *(word.plain for word in words)]
    small = [*small_parts(filters), *named, *(word.found for word in words if word.kind != Kind.TEXT)]
    return Search(
        rows=rows_for(filters, words),
        wanted=reduce(and_, wanted, Q()),
        along=along[0] if along else Q(),
        few=() if along else tuple(small),
        since=since,
        until=until,
    )


def rows_for(filters: Filters, words: list[Term]) -> Rows:
    """Return the rows to search. Those of the monitor's own sockets count only if they are asked for."""
    named = filters.tab or (filters.endpoint and is_internal(filters.endpoint))
    asked = named or any(word.kind in (Kind.ID, Kind.TAB) for word in words)
    rows = Connection.objects.all() if asked else traffic()
    return rows.select_related("process").prefetch_related("user")


def user_index(filters: Filters) -> list[Q]:
    """Return the condition for a user, by ID or by name."""
    return [user(filters.user)] if filters.user else []


def user(text: str) -> Q:
    """Return the condition for the user with an ID or else a name. Rows outlive their user, whose ID stays."""
    model: Any = get_user_model()
    try:
        key = model._meta.pk.to_python(text)
        found = model._default_manager.filter(pk=key).exists()
    except (ValidationError, OverflowError):
        key, found = None, False
    named = None if found else model._default_manager.filter(**{model.USERNAME_FIELD: text}).first()
    if named:
        key = named.pk
    return NOTHING if key is None else Q(user_id=key)


def address_index(filters: Filters) -> list[Q]:
    """Return the condition for a single address."""
    place = addresses.parse(filters.ip) if filters.ip else None
    return [addresses.is_in(place)] if isinstance(place, addresses.Address) else []


def process_index(filters: Filters) -> list[Q]:
    """Return the condition for a single process."""
    text = filters.process
    return [Q(process_id=text)] if text and ":" not in text else []


def indexes_of(words: list[Term]) -> list[Q]:
    """Return the conditions of the search terms that are one user or one address."""
    single = (word for word in words if word.kind in (Kind.USER, Kind.IP))
    return [word.found for word in single if word.found.children and is_equal(word.found)]


def is_equal(condition: Q) -> bool:
    """Return whether a condition compares one of the columns with an index by time for equality."""
    [first, *more] = condition.children
    return not more and isinstance(first, tuple) and first[0] in ("user_id", "client_ip")


def small_parts(filters: Filters) -> list[Q]:
    """Return the conditions that have an index, but not in the order of time."""
    found = []
    if filters.tab:
        found.append(Q(tab_id=filters.tab))
    if filters.ip and (place := addresses.parse(filters.ip)):
        found.append(addresses.is_in(place))
    if filters.endpoint:
        # The index begins with the state.
        states = [filters.state] if filters.state else Connection.State.values
        found.append(Q(state__in=states, endpoint=filters.endpoint))
    elif filters.state == Connection.State.OPEN:
        found.append(Q(state=filters.state))
    return found


def several(filters: Filters) -> bool:
    """Return whether the filters name processes by something else than an ID."""
    return bool(filters.release or (filters.process and ":" in filters.process))


def processes(filters: Filters) -> list[ServerProcess]:
    """Return the latest processes that have the host, the process ID and the release of the filters."""
    rows = ServerProcess.objects.order_by("-started_at")
    if filters.release:
        rows = rows.filter(release=filters.release)
    if filters.process and ":" in filters.process:
        host, _colon, pid = filters.process.rpartition(":")
        rows = rows.filter(host=host, pid=int(pid))
    return list(rows[:PROCESSES])


def window_of(filters: Filters, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the start and the end of the search; narrower than asked for if nothing else can match."""
    since, until = filters.times(now)
    if filters.min_duration:
        until = min(until or now, now - timedelta(seconds=min(filters.min_duration, 1e9)))
    found = processes(filters) if several(filters) else []
    if found:
        since = max(since or found[-1].started_at, found[-1].started_at - MARGIN)
    return since, until
