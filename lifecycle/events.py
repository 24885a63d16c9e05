"""Events as the spool keeps them: one JSON object a line, behind a checksum of it.

``open`` and ``accept`` carry what is known by then, ``end`` the whole row, so that each can be written to the
database without the others, twice, and in any order.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from lifecycle.causes import Verdict
from lifecycle.facts import Facts, new_id
from lifecycle.handshake import clean

Event = dict[str, Any]
OPEN, ACCEPT, END, REPORT = "open", "accept", "end", "report"
REASON_LIMIT = 255
SUBPROTOCOL_LIMIT = 128
ENDPOINT_LIMIT = 255
CHECKSUM_SIZE = 8
#: Every event begins with its kind and its id, so that both can be told without reading the rest.
HEAD = re.compile(rb'{"e":"(open|accept|end|report)","id":"([^"]*)"')
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
    return orjson.loads(b"[%b]" % b",".join([*latest.values(), *reports])), damaged


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


def open_event(facts: Facts, process_id: str) -> Event:
    """Return the event of a handshake that has begun."""
    return beginning(OPEN, facts, process_id)


def accept_event(facts: Facts, process_id: str) -> Event:
    """Return the event of a handshake that was completed."""
    return beginning(ACCEPT, facts, process_id)


def end_event(facts: Facts, verdict: Verdict, process_id: str) -> Event:
    """Return the event of an end: the whole row."""
    return beginning(END, facts, process_id) | {
        "closed_at": facts.moment(facts.ended_tick),
        "state": "closed" if facts.accepted else "rejected",
        "close_code": verdict.code,
        "close_reason": clean(verdict.reason, REASON_LIMIT),
        "sent_code": facts.sent_code,
        "sent_reason": None if facts.sent_reason is None else clean(facts.sent_reason, REASON_LIMIT),
        "initiator": verdict.initiator.value,
        "cause": verdict.cause.value,
        "exact": verdict.exact,
        "messages_in": facts.messages_in,
        "messages_out": facts.messages_out,
        "bytes_in": facts.bytes_in,
        "bytes_out": facts.bytes_out,
        "last_received_at": facts.moment(facts.last_received_tick),
        "last_sent_at": facts.moment(facts.last_sent_tick),
        "tab_id": facts.tab_id,
        "previous_id": facts.previous_id,
        "rtt_ms": facts.rtt_ms,
    }


def beginning(kind: str, facts: Facts, process_id: str) -> Event:
    """Return an event with the columns that are known from handshake and accept."""
    return {
        "e": kind,
        "id": facts.id,
        "process_id": process_id,
        "endpoint": facts.endpoint[:ENDPOINT_LIMIT],
        "path": facts.path,
        "user_id": facts.user_id,
        "client_ip": facts.client_ip,
        "user_agent": facts.user_agent,
        "origin": facts.origin,
        "subprotocol": clean(facts.subprotocol, SUBPROTOCOL_LIMIT),
        "opened_at": facts.opened_at,
        "accepted_at": facts.moment(facts.accepted_tick),
    }


def report_event(facts: Facts, kind: str, at: float, **said: object) -> Event:
    """Return the event of what a client page said; ``said`` are columns of ``ClientReport``."""
    return {
        "e": REPORT,
        "id": new_id(),
        "connection_id": facts.id,
        "at": at,
        "kind": kind,
        "tab_id": facts.tab_id,
        **said,
    }
