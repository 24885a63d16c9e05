"""The kinds of search terms. A term with an index of its own is found at once; other text is searched in steps.

A word is an ID or its beginning, an address or a network, a tab, the beginning of a user's name, or else a part of
the path or of the endpoint. ``user:anna`` names the kind, for words that could be of several.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.db.models import Q, QuerySet

from lifecycle.models import Connection
from lifecycle.search import addresses

HEX_DIGITS = 32
#: A shorter string of hexadecimal digits is more likely a word than a part of an ID.
SHORTEST_PART_OF_ID = 8
#: The last digits of an ID are random; people copy them from lists.
LONGEST_END_OF_ID = 12
USERS_MATCHED = 100
#: Maximum number of words in a search; more are ignored, because databases limit the length of a condition.
WORDS = 10


class Kind(StrEnum):
    """What a search term is."""

    ID = "id"
    IP = "ip"
    TAB = "tab"
    USER = "user"
    TEXT = "text"


class Term(NamedTuple):
    """A search term, and the condition for the connections that match it.

    ``plain`` is the same condition, but uses no index on SQLite.
    """

    kind: Kind
    text: str
    found: Q
    plain: Q


def terms(text: str) -> list[Term]:
    """Return the terms of a search; a connection must match all of them."""
    return [term(word) for word in text.split()[:WORDS]]


def term(word: str) -> Term:
    """Return a word as the first kind of term that it can be."""
    kind, colon, rest = word.partition(":")
    if colon and rest and kind in set(Kind):
        return MAKERS[Kind(kind)](rest) or Term(Kind(kind), rest, NOTHING, NOTHING)
    made = (make(word) for make in (by_id, by_address, by_known_tab, by_user, by_text))
    return next(found for found in made if found)


#: The condition that no connection meets.
NOTHING = Q(pk__in=[])


def by_id(word: str) -> Term | None:
    """Return the term for an ID or its beginning, which is searched as a range of the primary key."""
    digits = word.replace("-", "").lower()
    if not SHORTEST_PART_OF_ID <= len(digits) <= HEX_DIGITS or not re.fullmatch(r"[0-9a-f]+", digits):
        return None
    low, high = UUID(digits.ljust(HEX_DIGITS, "0")), UUID(digits.ljust(HEX_DIGITS, "f"))
    found = Q(pk=low) if low == high else Q(pk__range=(low, high))
    # Tab IDs from the JavaScript client have the same form.
    found, plain = found | Q(tab_id=word), found | Q(plain_tab_id=word)
    if len(digits) <= LONGEST_END_OF_ID and not Connection.objects.filter(found).exists():
        return by_text(word)
    return Term(Kind.ID, word, found, plain)


def by_address(word: str) -> Term | None:
    """Return the term for an address, its beginning or a network."""
    place = addresses.parse(word)
    if place is None:
        return None
    return Term(Kind.IP, word, addresses.is_in(place), addresses.is_in(place, "plain_client_ip"))


def by_tab(word: str) -> Term:
    """Return the term for a tab."""
    return Term(Kind.TAB, word, Q(tab_id=word), Q(plain_tab_id=word))


def by_known_tab(word: str) -> Term | None:
    """Return the term for a tab that has connections."""
    return by_tab(word) if Connection.objects.filter(tab_id=word).exists() else None


def by_user(word: str) -> Term | None:
    """Return the term for the users whose name begins with a word; ``None`` if there are none."""
    keys = list(users_named(word).values_list("pk", flat=True)[:USERS_MATCHED])
    condition = Q(user_id=keys[0]) if len(keys) == 1 else Q(user_id__in=keys)
    return Term(Kind.USER, word, condition, condition) if keys else None


def users_named(word: str) -> QuerySet[Any]:
    """Return the users whose name begins with a word as it is, or in lower case; uses the index of the name.

    The users are found with a separate query, because they may be in another database.
    """
    model = get_user_model()
    name = model.USERNAME_FIELD
    indexed = connections[router.db_for_read(model)].vendor != "sqlite"
    found = Q()
    for text in {word, word.lower()}:
        # SQLite's LIKE uses no index.
        after = text[:-1] + chr(min(ord(text[-1]) + 1, 0x10FFFF))
        in_order = (
            Q(**{f"{name}__startswith": text}) if indexed else Q(**{f"{name}__gte": text, f"{name}__lt": after})
        )
        found |= in_order
    return model._default_manager.filter(found)


def by_text(word: str) -> Term:
    """Return the term for a part of the path or endpoint, or for the end of an ID."""
    found = Q(path__icontains=word) | Q(endpoint__icontains=word)
    digits = word.replace("-", "").lower()
    if SHORTEST_PART_OF_ID <= len(digits) <= LONGEST_END_OF_ID and re.fullmatch(r"[0-9a-f]+", digits):
        found |= Q(id__iendswith=digits)
    return Term(Kind.TEXT, word, found, found)


MAKERS = {Kind.ID: by_id, Kind.IP: by_address, Kind.TAB: by_tab, Kind.USER: by_user, Kind.TEXT: by_text}
