"""The last ends of this process, for the live page and for clients that come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from lifecycle.record.events import Event, columns_of, with_tab
from lifecycle.verdict.facts import Facts

LIMIT = 500


class RecentEnds:
    """The end events of the last connections, latest first."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=LIMIT)

    def __iter__(self) -> Iterator[Event]:
        """Yield the events, latest first, as they are at the first step: readers may be on other threads."""
        return iter(list(self.events))

    def add(self, end: Event) -> None:
        """Remember an end."""
        self.events.appendleft(end)

    def find(self, connection_id: str | None) -> dict[str, Any] | None:
        """Return the row of a connection, or ``None`` if this process does not remember its end."""
        found = (event for event in self if event[1] == connection_id)
        return next(map(columns_of, found), None)

    def set_tab(self, facts: Facts) -> None:
        """Set the tab ID of a connection that has already ended."""
        for place, event in enumerate(self.events):
            if event[1] == facts.id:
                self.events[place] = with_tab(event, facts.page.tab_id)
