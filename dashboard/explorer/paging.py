"""Pages of connections, newest first. A page is found by the position of its neighbour, so no page is costly."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from lifecycle.models import Connection
from lifecycle.search.walk import HIGHEST, LOWEST, Found, Place, Search, read

from .filters import BadFilter

PAGE_ROWS = 50
#: How long a page searches, in seconds; the step that it has begun may take a little longer.
PAGE_SECONDS = 0.05
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: older or newer than a place."""

    place: Place
    newer: bool = False

    def __str__(self) -> str:
        """Return the text for an address; readers must not rely on its form."""
        text = f"{'n' if self.newer else 'o'}{(self.place.at - EPOCH) // MICROSECOND}.{self.place.id.hex}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Page:
    """The connections of one page, newest first, and the cursors of its neighbours.

    ``reached`` is set if the page is not full because its time was over; the search continues on the older page,
    or on the newer one.
    """

    rows: list[Connection]
    older: Cursor | None = None
    newer: Cursor | None = None
    reached: datetime | None = None


def parse(text: str) -> Cursor | None:
    """Return the cursor of an address; ``None`` for an empty text. Raises ``BadFilter``."""
    if not text:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        moment, _dot, key = plain[1:].partition(".")
        if plain[0] not in "on":
            raise ValueError(plain)
        return Cursor(Place(EPOCH + int(moment) * MICROSECOND, UUID(key)), newer=plain[0] == "n")
    except (ValueError, IndexError, OverflowError, binascii.Error) as error:
        raise BadFilter(_("The cursor is not valid: leave it out to start with the newest connection.")) from error


def read_page(
    search: Search, cursor: Cursor | None = None, limit: int = PAGE_ROWS, seconds: float = PAGE_SECONDS
) -> Page:
    """Return one page of the connections that a search wants."""
    if cursor is None or not cursor.newer:
        return older_page(read(search, limit, seconds, cursor.place if cursor else None), cursor)
    found = read(search, limit, seconds, cursor.place, newer=True)
    if not found.more and found.reached is None:
        # Everything newer fits on one page, so this is the first page.
        return read_page(search, None, limit, seconds)
    rows = found.rows[::-1]
    return Page(rows, Cursor(place_of(rows[-1]) if rows else cursor.place), newer_cursor(found), found.reached)


def older_page(found: Found, cursor: Cursor | None) -> Page:
    """Return a page that begins at the start, or older than a cursor."""
    older = None
    if found.more:
        older = Cursor(place_of(found.rows[-1]))
    elif found.reached:
        older = Cursor(Place(found.reached, LOWEST))
    newer = cursor and Cursor(place_of(found.rows[0]) if found.rows else cursor.place, newer=True)
    return Page(found.rows, older, newer, found.reached)


def newer_cursor(found: Found) -> Cursor:
    """Return the cursor for the next page of older connections, after a page that was read towards newer ones."""
    at_end = Place(found.reached, HIGHEST) if found.reached else place_of(found.rows[-1])
    return Cursor(at_end, newer=True)


def place_of(row: Connection) -> Place:
    """Return the place of a connection."""
    return Place(row.opened_at, row.pk)
