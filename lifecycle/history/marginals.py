"""The rollups of one period: the counts of all connections, by endpoint, by process and by end. No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from lifecycle.history.edges import DURATION_EDGES, HANDSHAKE_EDGES, bucket_of
from lifecycle.history.measures import Measures, rise_of
from lifecycle.history.periods import MINUTE, floor
from lifecycle.history.rows import NO_CODE, NO_PROCESS, Accept, End, Unstored
from lifecycle.verdict.causes import Cause
from lifecycle.verdict.close_codes import CloseCode

#: The key of the counts of all connections, beside the endpoints and the processes.
ALL = None
Key = str | UUID | None


@dataclass(slots=True)
class Marginals:
    """The counts of a period."""

    #: By endpoint (a text), by process (a UUID), and for all connections (``ALL``).
    measures: dict[Key, Measures] = field(default_factory=lambda: defaultdict(Measures))
    #: By cause, close code and state.
    ends: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    #: By endpoint and cause.
    endpoint_ends: Counter[tuple[str, str]] = field(default_factory=Counter)


def by_minute(
    accepts: Iterable[Accept], ends: Iterable[End], unstored: Iterable[Unstored]
) -> dict[int, Marginals]:
    """Return the counts of each minute in which a connection was accepted, refused or ended."""
    minutes: dict[int, Marginals] = defaultdict(Marginals)
    changes: dict[tuple[int, Key], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    uuids: dict[str | UUID | None, UUID] = {None: NO_PROCESS}
    for accept in accepts:
        process = uuids.get(accept.process_id) or uuids.setdefault(accept.process_id, as_uuid(accept.process_id))
        count_accept(minutes, changes, accept, (ALL, accept.endpoint, process))
    for end in ends:
        process = uuids.get(end.process_id) or uuids.setdefault(end.process_id, as_uuid(end.process_id))
        count_end(minutes, changes, end, (ALL, end.endpoint, process))
    for refusals in unstored:
        count_unstored(minutes, refusals)
    for (minute, key), seconds in changes.items():
        minutes[minute].measures[key].rise = rise_of(seconds)
    return dict(minutes)


def as_uuid(value: str | UUID | None) -> UUID:
    """Return the value of a UUID column, which some drivers return as text."""
    return value if isinstance(value, UUID) else UUID(value)


def count_accept(
    minutes: dict[int, Marginals],
    changes: dict[tuple[int, Key], dict[int, int]],
    accept: Accept,
    keys: tuple[Key, ...],
) -> None:
    """Count an accepted connection under each key."""
    minute, second = floor(accept.at, MINUTE), int(accept.at)
    bucket = bucket_of(HANDSHAKE_EDGES, accept.at - accept.opened_at)
    replaced = accept.replaced is not None
    measures = minutes[minute].measures
    for key in keys:
        found = measures[key]
        found.opened += 1
        found.replaced += replaced
        found.handshakes[bucket] += 1
        changes[minute, key][second] += 1


def count_end(
    minutes: dict[int, Marginals],
    changes: dict[tuple[int, Key], dict[int, int]],
    end: End,
    keys: tuple[Key, ...],
) -> None:
    """Count the end of a connection, accepted or refused, under each key."""
    minute, second = floor(end.at, MINUTE), int(end.at)
    marginals = minutes[minute]
    marginals.ends[end.cause, end.code, end.state] += 1
    marginals.endpoint_ends[end.endpoint, end.cause] += 1
    if end.accepted_at is None:
        for key in keys:
            marginals.measures[key].refused += 1
        return
    duration = bucket_of(DURATION_EDGES, end.at - end.accepted_at)
    silence = bucket_of(DURATION_EDGES, end.at - (end.active_at or end.accepted_at))
    for key in keys:
        found = marginals.measures[key]
        found.closed += 1
        found.durations[duration] += 1
        found.silences[silence] += 1
        changes[minute, key][second] -= 1


def count_unstored(minutes: dict[int, Marginals], refusals: Unstored) -> None:
    """Count refused handshakes without rows."""
    marginals = minutes[floor(refusals.at, MINUTE)]
    # The only refusals by the application that may have no row are those of bad tokens.
    code = int(CloseCode.BAD_TOKEN) if refusals.cause == Cause.REJECTED else NO_CODE
    marginals.ends[refusals.cause, code, "rejected"] += refusals.number
    marginals.endpoint_ends[refusals.endpoint, refusals.cause] += refusals.number
    for key in (ALL, refusals.endpoint, refusals.process_id):
        marginals.measures[key].refused += refusals.number


def merged(periods: Iterable[Marginals]) -> Marginals:
    """Return the counts of consecutive periods, which are given in the order of time."""
    whole = Marginals()
    for period in periods:
        whole.ends.update(period.ends)
        whole.endpoint_ends.update(period.endpoint_ends)
        for key, later in period.measures.items():
            # A key that is missing in an earlier period had no change there, so its rise adds up all the same.
            whole.measures[key].add_later(later)
    return whole
