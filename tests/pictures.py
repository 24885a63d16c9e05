"""Decodes the messages on the dashboard's socket, as ``static/lifecycle_dashboard/js/encoding.js`` does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dashboard.live.encoding import LAYOUT, Columns, EncodedBuckets, Kind

Picture = dict[str, Any]


def decoded(text: str) -> Picture:
    """Return the picture in a message."""
    picture: Picture = json.loads(text)
    base, texts = picture.pop("base"), picture.pop("texts")
    kinds: dict[Kind, Callable[[Any], Any]] = {
        "plain": lambda value: value,
        "text": texts.__getitem__,
        "tenths": lambda tenths: tenths / 10,
        "ms": lambda ms: ms / 1000,
        "time": lambda ms: base + ms / 1000,
    }
    tables = {table: rows(picture[table], layout, kinds) for table, layout in LAYOUT.items()}
    return picture | tables | {"buckets": buckets(picture["buckets"], texts)}


def rows(columns: Columns, layout: dict[str, Kind], kinds: dict[Kind, Callable[[Any], Any]]) -> list[Picture]:
    """Return the rows of a table."""
    values = [
        [None if value is None else kinds[kind](value) for value in columns[field]]
        for field, kind in layout.items()
    ]
    return [dict(zip(layout, row, strict=True)) for row in zip(*values, strict=True)]


def buckets(columns: EncodedBuckets, texts: list[str]) -> list[Picture]:
    """Return the buckets, without counts of 0."""
    return [
        {"t": at, **{field: counts(columns[field], number, texts) for field in ("open", "closes")}}
        for number, at in enumerate(columns["t"])
    ]


def counts(columns: list[list[int]], bucket: int, texts: list[str]) -> dict[str, int]:
    """Return the counts of one bucket by name."""
    names, *numbers = columns
    return {texts[name]: count for name, count in zip(names, numbers[bucket], strict=True) if count}
