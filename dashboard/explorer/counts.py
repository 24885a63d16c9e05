"""Counts of the connections that a search wants, by cause, close code and endpoint, for a limited time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from lifecycle.models import Connection
from lifecycle.search.walk import Search, steps

#: How long to count, in seconds; the step that has begun may take a little longer.
COUNT_SECONDS = 0.04
#: How many values of each kind are listed.
LISTED = 10


@dataclass
class Counts:
    """Numbers of connections. If ``reached`` is set, they are at least that large: older ones are not counted.

    Open connections have no cause and no code. ``codes`` has texts, as the filter ``code`` accepts them.
    """

    total: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    endpoints: Counter[str] = field(default_factory=Counter)
    reached: datetime | None = None


def count(search: Search, seconds: float = COUNT_SECONDS) -> Counts:
    """Count the connections of a search, newest first."""
    counts = Counts()
    for rows, reached in steps(search, seconds):
        groups = rows.order_by().values_list("cause", "state", "close_code", "sent_code", "endpoint")
        for cause, state, code, sent, endpoint, number in groups.annotate(number=Count("pk")):
            counts.total += number
            counts.endpoints[endpoint] += number
            if state != Connection.State.OPEN:
                counts.causes[cause] += number
                counts.codes[code_text(state, code, sent)] += number
        counts.reached = reached
    return counts


def code_text(state: str, code: int | None, sent: int | None) -> str:
    """Return the close code of an end; for a refused handshake, the code with which the application refused."""
    known = sent if code is None and state == Connection.State.REJECTED else code
    return "none" if known is None else str(known)
