"""Events as the spool keeps them: one JSON list a line, behind a checksum of it.

A kind, and the columns of that kind in a fixed order, of which the first is an id. ``open`` and ``accept`` carry
what is known by then, ``end`` the whole row, so that each can be written to the database without the others,
twice, and in any order.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from lifecycle.causes import Verdict
from lifecycle.facts import Facts, new_id
from lifecycle.handshake import clean

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
#: What says more of a connection has the higher rank.
RANKS = {b"open": 1, b"accept": 2, b"end": 3}


def encode(event: Event) -> bytes:
    """Return an event as a line of the spool."""
    body = orjson.dumps(event)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def decode_all(data: bytes) -> Iterator[Event | None]:
    """Yield the events of a segment in order, and ``None`` for each line that is torn or damaged."""
    for body in whole_lines(data):
        yield None if body is None else decode(body)


def decode_latest(data: bytes) -> tuple[list[Event], int]:
    """Return the event that says most of each connection, every report, and the number of damaged lines.

    Each event of a connection says all that those before it said, so that only one need be read.
    """
    latest: dict[bytes, bytes] = {}
    ranks: dict[bytes, int] = {}
    reports: list[bytes] = []
    damaged = 0
    for body in whole_lines(data):
        head = HEAD.match(body or b"")
        if body is None or head is None:
            damaged += 1
        elif head[1] == b"report":
            reports.append(body)
        elif RANKS[head[1]] >= ranks.get(head[2], 0):
            ranks[head[2]], latest[head[2]] = RANKS[head[1]], body
    found = orjson.loads(b"[%b]" % b",".join([*latest.values(), *reports]))
    whole = [event for event in found if is_whole(event)]
    return whole, damaged + len(found) - len(whole)


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


def is_whole(event: Event) -> bool:
    """Tell whether what a line says is an event, with as many values as its kind asks for."""
    is_list = isinstance(event, list | tuple) and bool(event) and isinstance(event[0], str)
    return is_list and len(event) == SIZES.get(event[0])


def columns_of(event: Event) -> dict[str, Any]:
    """Return the columns of an event by name; those of a report are its last part."""
    kind, *values = event
    return {"id": values[0], **values[1]} if kind == REPORT else dict(zip(COLUMNS[kind], values, strict=True))


def open_event(facts: Facts, process_id: str) -> Event:
    """Return the event of a handshake that has begun."""
    return OPEN, *beginning(facts, process_id)


def accept_event(facts: Facts, process_id: str) -> Event:
    """Return the event of a handshake that was completed."""
    return ACCEPT, *beginning(facts, process_id)


def end_event(facts: Facts, verdict: Verdict, process_id: str) -> Event:
    """Return the event of an end: the whole row."""
    return (
        END,
        *beginning(facts, process_id),
        facts.moment(facts.ended_tick),
        "rejected" if facts.accepted_tick is None else "closed",
        verdict.code,
        verdict.reason and clean(verdict.reason, REASON_LIMIT),
        facts.sent_code,
        None if facts.sent_reason is None else clean(facts.sent_reason, REASON_LIMIT),
        str(verdict.cause.initiator),
        str(verdict.cause),
        verdict.exact,
        facts.messages_in,
        facts.messages_out,
        facts.bytes_in,
        facts.bytes_out,
        facts.moment(facts.last_received_tick),
        facts.moment(facts.last_sent_tick),
        facts.tab_id,
        facts.previous_id,
        facts.rtt_ms,
    )


def with_tab(end: Event, tab_id: str) -> Event:
    """Return the event of an end with another tab."""
    return tuple(tab_id if name == "tab_id" else value for name, value in zip(("e", *ENDING), end, strict=True))


def beginning(facts: Facts, process_id: str) -> Event:
    """Return the columns that are known from handshake and accept."""
    return (
        facts.id,
        process_id,
        facts.endpoint[:ENDPOINT_LIMIT],
        facts.path,
        facts.user_id,
        facts.client_ip,
        facts.user_agent,
        facts.origin,
        facts.subprotocol and clean(facts.subprotocol, SUBPROTOCOL_LIMIT),
        facts.opened_at,
        facts.moment(facts.accepted_tick),
    )


def report_event(facts: Facts, kind: str, at: float, **said: object) -> Event:
    """Return the event of what a client page said; ``said`` are columns of ``ClientReport``."""
    return REPORT, new_id(), {"connection_id": facts.id, "at": at, "kind": kind, "tab_id": facts.tab_id, **said}
