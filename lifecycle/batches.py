"""Splits an iterable into lists of limited length."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of ``size`` rows; the last list may be shorter."""
    remaining = iter(rows)
    while batch := list(itertools.islice(remaining, size)):
        yield batch
