"""Encodes the picture for the socket: columns instead of rows, each text once, and short numbers. Pure functions.

``static/lifecycle_dashboard/js/encoding.js`` decodes it. A table has one list for each field of its rows, and
``LAYOUT`` says how the values of a list are encoded. In a picture with 100 endpoints, the names of the fields and
of the endpoints would otherwise be two thirds of the message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

import orjson

from ..contract import BucketRow, Picture, Totals, Trust

#: How the values of a column are encoded.
#: ``plain``: unchanged. ``text``: the position in ``texts``. ``tenths``: a number with one decimal place, times
#: ten. ``ms``: a number of seconds, in milliseconds. ``time``: a Unix time, in milliseconds after ``base``.
#: In every encoding, a missing value is ``null``.
Kind = Literal["plain", "text", "tenths", "ms", "time"]
Column = list[Any]
Columns = dict[str, Column]
Table = Literal["endpoints", "processes", "ends"]

LAYOUT: dict[Table, dict[str, Kind]] = {
    "endpoints": {
        "endpoint": "text",
        "open": "plain",
        "opened": "plain",
        "closed": "plain",
        "refused": "plain",
        "connects_s": "tenths",
        "closes_s": "tenths",
        "refused_s": "tenths",
        "messages_in": "plain",
        "messages_out": "plain",
        "rtt_ms": "tenths",
    },
    "processes": {
        "id": "plain",
        "host": "text",
        "pid": "plain",
        "server": "text",
        "release": "text",
        "started": "time",
        "spool": "plain",
        "dropped": "plain",
        "last_write": "time",
        "state": "text",
        "heard": "time",
        "open": "plain",
    },
    "ends": {
        "id": "plain",
        "at": "time",
        "endpoint": "text",
        "state": "text",
        "code": "plain",
        "cause": "text",
        "initiator": "text",
        "duration_s": "ms",
    },
}


class EncodedBuckets(TypedDict):
    """The latest buckets, oldest first.

    ``t`` has the start of each bucket. In ``open`` and ``closes``, the first list has the positions of the names
    in ``texts``, and there is one more list with their counts for each bucket.
    """

    t: list[int]
    open: list[list[int]]
    closes: list[list[int]]


class EncodedPicture(TypedDict):
    """A ``Picture`` as it is sent. ``base`` is a Unix time in whole seconds."""

    type: Literal["snapshot"]
    v: int
    at: float
    tick_s: float
    trust: Trust
    totals: Totals
    base: int
    texts: list[str]
    endpoints: Columns
    processes: Columns
    ends: Columns
    buckets: EncodedBuckets


def encode(picture: Picture) -> str:
    """Return the message for the page."""
    return orjson.dumps(in_columns(picture)).decode()


def in_columns(picture: Picture) -> EncodedPicture:
    """Return a picture in columns."""
    base, texts = int(picture["at"]), Texts()
    kinds = encoders(base, texts)
    return {
        "type": picture["type"],
        "v": picture["v"],
        "at": round(picture["at"], 3),
        "tick_s": picture["tick_s"],
        "trust": rounded(picture["trust"]),
        "totals": picture["totals"],
        "base": base,
        "endpoints": columns(picture["endpoints"], LAYOUT["endpoints"], kinds),
        "processes": columns(picture["processes"], LAYOUT["processes"], kinds),
        "ends": columns(picture["ends"], LAYOUT["ends"], kinds),
        "buckets": bucket_columns(picture["buckets"], texts),
        "texts": list(texts),
    }


class Texts(dict[str, int]):
    """The position of each text. A new text gets the next position when it is looked up."""

    def __missing__(self, text: str) -> int:
        """Give a text its position."""
        self[text] = position = len(self)
        return position


def encoders(base: int, texts: Texts) -> dict[Kind, Callable[[Any], Any]]:
    """Return the function for each kind of column. They are not called for missing values."""
    return {
        "plain": lambda value: value,
        "text": texts.__getitem__,
        "tenths": lambda value: round(value * 10),
        "ms": lambda value: round(value * 1000),
        "time": lambda value: round((value - base) * 1000),
    }


def columns(
    rows: Sequence[Mapping[str, Any]], layout: dict[str, Kind], kinds: dict[Kind, Callable[[Any], Any]]
) -> Columns:
    """Return one list for each field of the rows."""
    return {
        field: [None if row[field] is None else kinds[kind](row[field]) for row in rows]
        for field, kind in layout.items()
    }


def bucket_columns(buckets: Sequence[BucketRow], texts: Texts) -> EncodedBuckets:
    """Return the buckets in columns. A name that is missing in a bucket has the count 0 there."""
    return {
        "t": [bucket["t"] for bucket in buckets],
        "open": counts([bucket["open"] for bucket in buckets], texts),
        "closes": counts([bucket["closes"] for bucket in buckets], texts),
    }


def counts(rows: Sequence[Mapping[str, int]], texts: Texts) -> list[list[int]]:
    """Return the positions of all names that have a count, and the counts of each row."""
    names = {name: None for row in rows for name, count in row.items() if count}
    return [[texts[name] for name in names], *([row.get(name, 0) for name in names] for row in rows)]


def rounded(trust: Trust) -> Trust:
    """Return the facts about trust, with the time of the last write in milliseconds' precision."""
    written = trust["last_write"]
    return trust if written is None else {**trust, "last_write": round(written, 3)}
