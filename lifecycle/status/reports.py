"""Selects which reports of a connection are recorded: above all, the first ``hello`` and the changes of state."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

#: The reports of one connection that are recorded at once, in number and in bytes.
NUMBER, BYTES = 100, 32 * 1024
#: Beyond them, this many of the last changes of state are recorded when the connection ends.
LAST = 3


class Late(NamedTuple):
    """A change of state that is recorded when the connection ends; ``at`` is in seconds since the epoch."""

    at: float
    columns: dict[str, Any]


class Reports:
    """The reports of one connection so far. Each frame of a client can be a report, so they are limited."""

    __slots__ = ("bytes", "last", "late", "number")

    def __init__(self) -> None:
        self.number = self.bytes = 0
        #: The hash of the last report of each kind.
        self.last: dict[str, int] = {}
        self.late: deque[Late] = deque(maxlen=LAST)

    def take(self, kind: str, columns: dict[str, Any], now: float) -> bool:
        """Return whether to record a report now; a change of state beyond the limits is kept for the end.

        A report that is identical to the last report of its kind is not recorded. The first report of each kind is
        always recorded.
        """
        content = json.dumps(columns, ensure_ascii=False)
        is_first, is_new = kind not in self.last, self.last.get(kind) != hash(content)
        if not is_new:
            return False
        self.last[kind] = hash(content)
        size = len(content.encode())
        if is_first or (self.number < NUMBER and self.bytes + size <= BYTES):
            self.number += 1
            self.bytes += size
            return True
        if kind == "status":
            self.late.append(Late(now, columns))
        return False

    def at_the_end(self) -> Iterator[Late]:
        """Yield, once, the last changes of state that were not recorded at once, oldest first."""
        while self.late:
            yield self.late.popleft()
