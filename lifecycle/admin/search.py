"""The search for connections in the admin. It looks for a limited time, and says how far back it got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

from django.db.models import Q

from lifecycle.search.terms import Kind, terms
from lifecycle.search.walk import Rows, Search, read

#: How many matches are listed, and for how many seconds the search looks for them.
MATCHES, SECONDS = 500, 0.2


@dataclass(frozen=True)
class Result:
    """What a search found. ``reached`` is the time up to which it looked if there are older rows."""

    rows: Rows
    is_full: bool
    reached: datetime | None


def search(rows: Rows, text: str) -> Result:
    """Search among rows, newest first."""
    words = terms(text)
    wanted = reduce(and_, (word.plain for word in words), Q())
    few = tuple(word.found for word in words if word.kind != Kind.TEXT)
    found = read(Search(rows=rows, wanted=wanted, few=few), MATCHES, SECONDS)
    return Result(rows.filter(pk__in=[row.pk for row in found.rows]), found.more, found.reached)
