"""The spool's line format: one event per line, as a CRC-32 checksum in hexadecimal, a space, and a JSON array.

The checksum detects lines that are incomplete after a crash or a power cut.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import orjson

from lifecycle.record.events import ACCEPT, END, OPEN, REFUSED, REPORT, RETURNED, SIZES, Event

T = TypeVar("T")
CHECKSUM_SIZE = 8
#: Matches the kind and the ID of an event, so the rest of the line need not be decoded.
HEAD = re.compile(rb'\["(open|accept|returned|end|report|refused)","([^"]*)"')
KINDS = {kind.encode(): kind for kind in SIZES}
#: The rank of each kind: an event contains all columns of its connection's events that have a lower rank.
RANKS = {OPEN: 1, ACCEPT: 2, RETURNED: 3, END: 4, REPORT: 1, REFUSED: 1}
#: The number of lines to decode at a time. Decoding more would keep more objects alive, and the garbage collector
#: would run more often.
LINES_AT_ONCE = 25


def encode(event: Event) -> bytes:
    """Return an event as a line of the spool, with its line feed."""
    body = orjson.dumps(event)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def decode_all(data: bytes) -> Iterator[Event | None]:
    """Yield the events of a segment in order, and ``None`` for each incomplete or damaged line."""
    for body in whole_lines(data):
        yield None if body is None else decode(body)


def latest_lines(data: bytes) -> tuple[dict[str, list[bytes]], int]:
    """Return the lines that have to be written, grouped by kind, and the number of damaged lines in the segment.

    The lines are selected by ``latest_by_kind``, and have no checksums.
    """
    damaged = 0

    def heads() -> Iterator[tuple[str, bytes, bytes]]:
        nonlocal damaged
        for body in whole_lines(data):
            head = HEAD.match(body or b"")
            if body is None or head is None:
                damaged += 1
            else:
                yield KINDS[head[1]], head[2], body

    return latest_by_kind(heads()), damaged


def id_of(body: bytes) -> str:
    """Return the ID in a line that ``latest_lines`` has selected."""
    head = HEAD.match(body)
    return head[2].decode() if head else ""


def latest_by_kind(events: Iterable[tuple[str, Hashable, T]]) -> dict[str, list[T]]:
    """Return all reports and the latest event of each connection, grouped by kind; empty groups are left out.

    ``events`` are tuples of kind, ID and event. The latest event of a connection contains all columns of its
    earlier events, so the earlier events are not needed. The same holds for the events of refused handshakes
    without rows that have the same ID, because a process appends its growing numbers in their order.
    """
    kinds: dict[Hashable, str] = {}
    latest: dict[Hashable, T] = {}
    for kind, event_id, event in events:
        if RANKS[kind] >= RANKS[kinds.get(event_id, OPEN)]:
            kinds[event_id], latest[event_id] = kind, event
    by_kind: dict[str, list[T]] = {}
    for event_id, kind in kinds.items():
        by_kind.setdefault(kind, []).append(latest[event_id])
    return by_kind


def decode_lines(bodies: Sequence[bytes]) -> Iterator[Event]:
    """Yield the events in lines without checksums, decoding ``LINES_AT_ONCE`` at a time.

    Raises ``ValueError`` for a line that is not an event.
    """
    for begin in range(0, len(bodies), LINES_AT_ONCE):
        for event in orjson.loads(b"[%b]" % b",".join(bodies[begin : begin + LINES_AT_ONCE])):
            if not is_event(event):
                event = upgraded(event)
            if not is_event(event):
                raise ValueError("a line of the spool is not an event")
            yield event


def whole_lines(data: bytes) -> Iterator[bytes | None]:
    """Yield the lines of a segment without their checksums, and ``None`` for each line with a wrong checksum."""
    for line in data.split(b"\n"):
        if line:
            body = line[CHECKSUM_SIZE + 1 :]
            yield body if line[:CHECKSUM_SIZE] == b"%08x" % zlib.crc32(body) else None


def decode(body: bytes) -> Event | None:
    """Return the event in a line without its checksum; ``None`` if it is not JSON."""
    try:
        return upgraded(orjson.loads(body))
    except ValueError:
        return None


def upgraded(event: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return an ``end`` event of the previous release with the column that it lacks; anything else unchanged.

    That release had no ``application_ended_at``, which is the last column.
    """
    lacks_one = isinstance(event, list) and event[:1] == [END] and len(event) == SIZES[END] - 1
    return [*event, None] if lacks_one else event


def is_event(event: object) -> bool:
    """Return whether a decoded line is an event of a known kind, with the right number of values."""
    if not isinstance(event, list | tuple) or not event or not isinstance(event[0], str):
        return False
    return len(event) == SIZES.get(event[0])
