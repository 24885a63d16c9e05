"""The most recent ends of connections in this process, for the live page and for clients that reconnect."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from lifecycle.record.events import Event, columns_of, with_tab
from lifecycle.verdict.facts import Facts

LIMIT = 500


class RecentEnds:
    """The ``end`` events of the last ``LIMIT`` connections, latest first."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=LIMIT)

    def __iter__(self) -> Iterator[Event]:
        """Iterate over a copy of the events, latest first, because readers may run on other threads."""
        return iter(list(self.events))

    def add(self, end: Event) -> None:
        """Add the ``end`` event of a connection."""
        self.events.appendleft(end)

    def find(self, connection_id: str | None) -> dict[str, Any] | None:
        """Return a connection's columns by column name, or ``None`` if its end is not remembered."""
        found = (event for event in self if event[1] == connection_id)
        return next(map(columns_of, found), None)

    def set_tab(self, facts: Facts) -> None:
        """Set the tab ID of a connection that has already ended."""
        for index, event in enumerate(self.events):
            if event[1] == facts.id:
                self.events[index] = with_tab(event, facts.page.tab_id)
