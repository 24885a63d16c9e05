"""Creates and checks API tokens. A token is random; the database has only its SHA-256 hash."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from ..models import ApiToken

#: Tools that search for leaked secrets recognize a token by its prefix.
PREFIX = "lcm_"
RANDOM_BYTES = 32
FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
#: The last use is written at most once in this time.
WRITE_EVERY = timedelta(minutes=1)


@sensitive_variables("token")
def create(name: str, may_act: bool = False) -> str:
    """Store a new token, and return it. It cannot be shown again."""
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    ApiToken.objects.create(name=name, hash=digest(token), may_act=may_act)
    return token


@sensitive_variables("token")
def digest(token: str) -> str:
    """Return the hash of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@sensitive_variables("token", "wanted")
def find(token: str) -> ApiToken | None:
    """Return the valid token, and note its use; ``None`` if it is unknown, malformed or revoked."""
    if not FORM.fullmatch(token):
        return None
    wanted = digest(token)
    found = ApiToken.objects.filter(hash=wanted, revoked_at=None).first()
    if found is None or not hmac.compare_digest(found.hash, wanted):
        return None
    note_use(found, timezone.now())
    return found


def note_use(token: ApiToken, now: datetime) -> None:
    """Write the time of the last use, unless it was written within the last minute."""
    stale = now - WRITE_EVERY
    if token.last_used_at is None or token.last_used_at < stale:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
