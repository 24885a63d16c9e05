"""The events of a connection: a kind, followed by the values of that kind's columns in a fixed order.

The first column is an ID. Events of the kinds ``open``, ``accept`` and ``returned`` contain the columns that
are known at that time, and an event of the kind ``end`` contains the whole row. So an event can be written to the
database without the others, more than once, and in any order. The same holds for events of the kind ``refused``,
because the number in them only grows, and the highest number counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from lifecycle.text import clean
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts, new_id

#: A new event is a tuple of plain values, which the garbage collector does not have to track.
Event = Sequence[Any]
OPEN, ACCEPT, RETURNED, END, REPORT, REFUSED = "open", "accept", "returned", "end", "report", "refused"
OPENING = (
    "id", "process_id", "endpoint", "path", "user_id", "client_ip", "user_agent", "origin", "subprotocol",
    "opened_at", "accepted_at",
)  # fmt: skip
#: The event of an open connection whose application has returned.
RETURNING = (*OPENING, "application_ended_at")
ENDING = (
    *OPENING, "closed_at", "state", "close_code", "close_reason", "sent_code", "sent_reason", "initiator", "cause",
    "exact", "messages_in", "messages_out", "bytes_in", "bytes_out", "last_received_at", "last_sent_at", "tab_id",
    "previous_id", "rtt_ms", "application_ended_at",
)  # fmt: skip
#: The event of refused handshakes without rows: their number in a minute so far.
REFUSING = ("id", "process_id", "start", "endpoint", "cause", "count")
COLUMNS = {OPEN: OPENING, ACCEPT: OPENING, RETURNED: RETURNING, END: ENDING, REFUSED: REFUSING}
#: The number of values in each kind of event, including the kind. A report has an ID and a dictionary of columns.
SIZES = {REPORT: 3, **{kind: 1 + len(columns) for kind, columns in COLUMNS.items()}}
REASON_LIMIT = 255
SUBPROTOCOL_LIMIT = 128
ENDPOINT_LIMIT = 255


def columns_of(event: Event) -> dict[str, Any]:
    """Return the columns of an event by name."""
    kind, *values = event
    return {"id": values[0], **values[1]} if kind == REPORT else dict(zip(COLUMNS[kind], values, strict=True))


def opening_event(kind: str, facts: Facts, process_id: str) -> Event:
    """Return an event of ``kind``, with the columns that are known at the handshake or at the accept."""
    handshake, route = facts.handshake, facts.route
    return (
        kind,
        facts.id,
        process_id,
        route.endpoint[:ENDPOINT_LIMIT],
        handshake.path,
        route.user_id,
        handshake.client_ip,
        handshake.user_agent,
        handshake.origin,
        facts.subprotocol and clean(facts.subprotocol, SUBPROTOCOL_LIMIT),
        facts.opened_at,
        facts.accepted_at,
    )


#: ``open_event`` is for a handshake that has started, ``accept_event`` for an accepted connection.
open_event, accept_event = partial(opening_event, OPEN), partial(opening_event, ACCEPT)


def returned_event(facts: Facts, process_id: str) -> Event:
    """Return the event of an open connection whose application has returned without closing it."""
    return (*opening_event(RETURNED, facts, process_id), facts.application_ended_at)


def end_event(facts: Facts, verdict: Verdict, process_id: str) -> Event:
    """Return the event of a connection that has ended; it contains the whole row."""
    traffic, page = facts.traffic, facts.page
    return (
        *opening_event(END, facts, process_id),
        facts.ended_at,
        "rejected" if facts.accepted_at is None else "closed",
        verdict.code,
        verdict.reason and clean(verdict.reason, REASON_LIMIT),
        facts.sent_code,
        None if facts.sent_reason is None else clean(facts.sent_reason, REASON_LIMIT),
        str(verdict.cause.initiator),
        str(verdict.cause),
        verdict.exact,
        traffic.messages_in,
        traffic.messages_out,
        traffic.bytes_in,
        traffic.bytes_out,
        traffic.last_received_at,
        traffic.last_sent_at,
        page.tab_id,
        page.previous_id,
        page.rtt_ms,
        facts.application_ended_at,
    )


def with_tab(end: Event, tab_id: str) -> Event:
    """Return a copy of an ``end`` event with another tab ID."""
    return tuple(tab_id if name == "tab_id" else value for name, value in zip(("e", *ENDING), end, strict=True))


def report_event(facts: Facts, kind: str, at: float, **columns: object) -> Event:
    """Return the event of a client page's report; ``at`` is in seconds since the epoch.

    ``columns`` are further columns of ``ClientReport``.
    """
    common = {"connection_id": facts.id, "at": at, "kind": kind, "tab_id": facts.page.tab_id}
    return REPORT, new_id(), common | columns


def refused_event(process_id: str, minute: int, endpoint: str, cause: str, series: int, count: int) -> Event:
    """Return the event of refused handshakes without rows; see ``lifecycle.counts.refusals`` for the arguments.

    The ID depends on all arguments but ``count``, so a later event replaces the number of an earlier one.
    """
    event_id = uuid5(UUID(process_id), f"{minute} {series} {cause} {endpoint}")
    return REFUSED, str(event_id), process_id, minute, endpoint[:ENDPOINT_LIMIT], cause, count
