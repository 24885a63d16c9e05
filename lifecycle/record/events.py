"""Events as the spool keeps them: one JSON list a line, behind a checksum of it.

A kind, and the columns of that kind in a fixed order, of which the first is an id. ``open`` and ``accept`` carry
what is known by then, ``end`` the whole row, so that each can be written to the database without the others,
twice, and in any order.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import orjson

from lifecycle.text import clean
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts, new_id

T = TypeVar("T")
#: Plain values alone, which the garbage collector need not follow.
Event = Sequence[Any]
OPEN, ACCEPT, END, REPORT = "open", "accept", "end", "report"
OPENING = (
    "id", "process_id", "endpoint", "path", "user_id", "client_ip", "user_agent", "origin", "subprotocol",
    "opened_at", "accepted_at",
)  # fmt: skip
ENDING = (
    *OPENING, "closed_at", "state", "close_code", "close_reason", "sent_code", "sent_reason", "initiator", "cause",
    "exact", "messages_in", "messages_out", "bytes_in", "bytes_out", "last_received_at", "last_sent_at", "tab_id",
    "previous_id", "rtt_ms",
)  # fmt: skip
COLUMNS = {OPEN: OPENING, ACCEPT: OPENING, END: ENDING}
#: How many values an event has, with its kind; a report has its id, and its columns by name.
SIZES = {REPORT: 3, **{kind: 1 + len(columns) for kind, columns in COLUMNS.items()}}
REASON_LIMIT = 255
SUBPROTOCOL_LIMIT = 128
ENDPOINT_LIMIT = 255
CHECKSUM_SIZE = 8
#: The kind and the id can be told without reading the rest.
HEAD = re.compile(rb'\["(open|accept|end|report)","([^"]*)"')
KINDS = {kind.encode(): kind for kind in SIZES}
#: What says more of a connection has the higher rank.
RANKS = {OPEN: 1, ACCEPT: 2, END: 3, REPORT: 1}
#: How many lines are decoded at a time: what lives longer than that has the garbage collector come more often.
TOGETHER = 25


def encode(event: Event) -> bytes:
    """Return an event as a line of the spool."""
    body = orjson.dumps(event)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def decode_all(data: bytes) -> Iterator[Event | None]:
    """Yield the events of a segment in order, and ``None`` for each line that is torn or damaged."""
    for body in whole_lines(data):
        yield None if body is None else decode(body)


def latest_lines(data: bytes) -> tuple[dict[str, list[bytes]], int]:
    """Return the lines of a segment that need be read, by kind, and the number of damaged ones."""
    damaged = 0

    def named() -> Iterator[tuple[str, bytes, bytes]]:
        nonlocal damaged
        for body in whole_lines(data):
            head = HEAD.match(body or b"")
            if body is None or head is None:
                damaged += 1
            else:
                yield KINDS[head[1]], head[2], body

    return fold(named()), damaged


def fold(named: Iterable[tuple[str, Hashable, T]]) -> dict[str, list[T]]:
    """Return the event that says most of each connection, and every report, by kind.

    Given are the kind and the id of each event with it. Each event of a connection says all that those before it
    said, so that one is enough. Kinds of which there is none are left out.
    """
    kinds: dict[Hashable, str] = {}
    latest: dict[Hashable, T] = {}
    for kind, one, event in named:
        if RANKS[kind] >= RANKS[kinds.get(one, OPEN)]:
            kinds[one], latest[one] = kind, event
    by_kind: dict[str, list[T]] = {}
    for one, kind in kinds.items():
        by_kind.setdefault(kind, []).append(latest[one])
    return by_kind


def decode_lines(bodies: Sequence[bytes]) -> Iterator[Event]:
    """Yield the events of lines without checksums, a few decoded at a time; ``ValueError`` for what is none."""
    for begin in range(0, len(bodies), TOGETHER):
        for event in orjson.loads(b"[%b]" % b",".join(bodies[begin : begin + TOGETHER])):
            if not is_whole(event):
                raise ValueError("a line of the spool is no event")
            yield event


def whole_lines(data: bytes) -> Iterator[bytes | None]:
    """Yield the lines of a segment without their checksums, and ``None`` for each whose checksum does not hold."""
    for line in data.split(b"\n"):
        if line:
            body = line[CHECKSUM_SIZE + 1 :]
            yield body if line[:CHECKSUM_SIZE] == b"%08x" % zlib.crc32(body) else None


def decode(body: bytes) -> Event | None:
    """Return the event of a line without its checksum; ``None`` for what is no JSON after all."""
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def is_whole(event: object) -> bool:
    """Tell whether what a line says is an event, with as many values as its kind asks for."""
    if not isinstance(event, list | tuple) or not event or not isinstance(event[0], str):
        return False
    return len(event) == SIZES.get(event[0])


def columns_of(event: Event) -> dict[str, Any]:
    """Return the columns of an event by name; those of a report are its last part."""
    kind, *values = event
    return {"id": values[0], **values[1]} if kind == REPORT else dict(zip(COLUMNS[kind], values, strict=True))


def beginning(kind: str, facts: Facts, process_id: str) -> Event:
    """Return an event with the columns that are known from handshake and accept."""
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


#: The event of a handshake that has begun, and that of one that was completed.
open_event, accept_event = partial(beginning, OPEN), partial(beginning, ACCEPT)


def end_event(facts: Facts, verdict: Verdict, process_id: str) -> Event:
    """Return the event of an end: the whole row."""
    traffic, page = facts.traffic, facts.page
    return (
        *beginning(END, facts, process_id),
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
    )


def with_tab(end: Event, tab_id: str) -> Event:
    """Return the event of an end with another tab."""
    return tuple(tab_id if name == "tab_id" else value for name, value in zip(("e", *ENDING), end, strict=True))


def report_event(facts: Facts, kind: str, at: float, **said: object) -> Event:
    """Return the event of what a client page said; ``said`` are columns of ``ClientReport``."""
    return (
        REPORT,
        new_id(),
        {"connection_id": facts.id, "at": at, "kind": kind, "tab_id": facts.page.tab_id, **said},
    )
