"""The search for connections: by ID, address, username, tab, endpoint or path, or by a part of these."""

from __future__ import annotations

import ipaddress
import re
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q

HEX_DIGITS = 32
#: A shorter string of hexadecimal digits is more likely a word than a part of an ID.
SHORTEST_PART_OF_ID = 8
USERS_MATCHED = 100
PART_OF_ADDRESS = re.compile(r"[0-9a-f.:]*[.:][0-9a-f.:]*", re.IGNORECASE)


def matches(word: str) -> Q:
    """Return the condition for connections that match one word of a search."""
    digits = word.replace("-", "").lower()
    if len(digits) == HEX_DIGITS and is_hex(digits):
        # Tab IDs from the JavaScript client have the same form.
        return Q(id=UUID(digits)) | Q(tab_id=word)
    found = Q(tab_id=word) | Q(endpoint__icontains=word) | Q(path__icontains=word) | by_user(word)
    if SHORTEST_PART_OF_ID <= len(digits) < HEX_DIGITS and is_hex(digits):
        found |= by_part_of_id(digits)
    return found | by_address(word)


def is_hex(text: str) -> bool:
    """Return whether a text consists of hexadecimal digits."""
    return re.fullmatch(r"[0-9a-f]+", text) is not None


def by_part_of_id(digits: str) -> Q:
    """Return the condition for IDs that begin with these digits.

    If there are at most 12 digits, IDs that end with them also match. The beginning is searched as a range,
    which uses the index. The last 12 digits of an ID are random.
    """
    low = UUID(digits.ljust(HEX_DIGITS, "0"))
    high = UUID(digits.ljust(HEX_DIGITS, "f"))
    condition = Q(id__range=(low, high))
    return condition | Q(id__iendswith=digits) if len(digits) <= 12 else condition


def by_user(word: str) -> Q:
    """Return the condition for users whose name begins with the search word.

    The users are found with a separate query, to avoid a join.
    """
    model = get_user_model()
    users = model._default_manager.filter(**{f"{model.USERNAME_FIELD}__istartswith": word})
    return Q(user_id__in=list(users.values_list("pk", flat=True)[:USERS_MATCHED]))


def by_address(word: str) -> Q:
    """Return the condition for an IP address or its beginning; empty if the word is neither."""
    try:
        return Q(client_ip=str(ipaddress.ip_address(word)))
    except ValueError:
        return Q(client_ip__startswith=word.lower()) if PART_OF_ADDRESS.fullmatch(word) else Q()
