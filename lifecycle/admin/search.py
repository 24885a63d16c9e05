"""Finds connections by what an operator has in hand: an id, an address, a name, a tab, a piece of a path."""

from __future__ import annotations

import ipaddress
import re
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q

HEX_DIGITS = 32
#: Shorter pieces of an id are more likely a word.
LEAST_OF_ID = 8
USERS_MATCHED = 100
PIECE_OF_ADDRESS = re.compile(r"[0-9a-f.:]*[.:][0-9a-f.:]*", re.IGNORECASE)


def matches(word: str) -> Q:
    """Return the condition that a connection has to do with a word."""
    digits = word.replace("-", "").lower()
    if len(digits) == HEX_DIGITS and is_hex(digits):
        # A client page's tab id has this shape too.
        return Q(id=UUID(digits)) | Q(tab_id=word)
    found = Q(tab_id=word) | Q(endpoint__icontains=word) | Q(path__icontains=word) | by_user(word)
    if LEAST_OF_ID <= len(digits) < HEX_DIGITS and is_hex(digits):
        found |= by_piece_of_id(digits)
    return found | by_address(word)


def is_hex(text: str) -> bool:
    """Tell whether a text is hexadecimal digits and nothing else."""
    return re.fullmatch(r"[0-9a-f]+", text) is not None


def by_piece_of_id(digits: str) -> Q:
    """Return the condition for the beginning of an id, a range of the index, and for its end, its random part."""
    low = UUID(digits.ljust(HEX_DIGITS, "0"))
    high = UUID(digits.ljust(HEX_DIGITS, "f"))
    condition = Q(id__range=(low, high))
    return condition | Q(id__iendswith=digits) if len(digits) <= 12 else condition


def by_user(word: str) -> Q:
    """Return the condition for users whose name begins so; they are looked up first, to keep joins out."""
    model = get_user_model()
    users = model._default_manager.filter(**{f"{model.USERNAME_FIELD}__istartswith": word})
    return Q(user_id__in=list(users.values_list("pk", flat=True)[:USERS_MATCHED]))


def by_address(word: str) -> Q:
    """Return the condition for an IP address, or for its beginning."""
    try:
        return Q(client_ip=str(ipaddress.ip_address(word)))
    except ValueError:
        return Q(client_ip__startswith=word.lower()) if PIECE_OF_ADDRESS.fullmatch(word) else Q()
