"""Computes each slow read once at a time in this process, and shares the result between all viewers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

#: A result is reused for this many seconds, or for as long as its computation took, if that is longer.
REUSE_SECONDS = 1.5
#: The number of results that are kept.
LIMIT = 64


class Result(NamedTuple):
    """A computed value. ``at`` is the time at which its computation started, on the monotonic clock."""

    value: Any
    at: float
    reusable_until: float

    @property
    def age(self) -> float:
        """Return the seconds since the computation started."""
        return time.monotonic() - self.at


class SharedReads:
    """The last result of each read, by its key; a viewer who comes during a computation waits for its result."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.locks: OrderedDict[Hashable, threading.Lock] = OrderedDict()
        self.results: dict[Hashable, Result] = {}

    def get(self, key: Hashable, compute: Callable[[], Any]) -> Result:
        """Return the result of a read, computing it if there is none that can be reused."""
        with self.lock_of(key):
            result = self.results.get(key)
            if result is None or time.monotonic() >= result.reusable_until:
                began = time.monotonic()
                value = compute()
                ended = time.monotonic()
                result = Result(value, began, ended + max(REUSE_SECONDS, ended - began))
                self.results[key] = result
            return result

    def lock_of(self, key: Hashable) -> threading.Lock:
        """Return the lock of a read; forget the reads that have not been used for the longest time."""
        with self.guard:
            lock = self.locks.setdefault(key, threading.Lock())
            self.locks.move_to_end(key)
            while len(self.locks) > LIMIT:
                forgotten, _ = self.locks.popitem(last=False)
                self.results.pop(forgotten, None)
            return lock

    def clear(self) -> None:
        """Forget all results; for tests."""
        with self.guard:
            self.locks.clear()
            self.results.clear()


#: The results of the history view.
history_reads = SharedReads()
