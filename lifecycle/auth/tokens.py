"""Signed tokens that authenticate a user, for clients without a session cookie."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare

from lifecycle import conf
from lifecycle.setting_rules import LONGEST_TOKEN_SECONDS

SALT = "lifecycle.token"
#: Separates the parts of a token. All characters of a token are ``tchar`` (RFC 9110 section 5.6.2), so a token may
#: be sent in Sec-WebSocket-Protocol.
SEPARATOR = "."
#: Maximum length in characters; longer tokens are refused before their signature is checked.
LENGTH_LIMIT = 1024
STAMP_LENGTH = 16
#: Seconds by which the clock of the host that signed a token may be ahead.
CLOCK_SECONDS = 60

MALFORMED, EXPIRED, REVOKED = "malformed", "expired", "revoked"


class BadToken(Exception):
    """A token is not valid: ``malformed``, ``expired`` or ``revoked``. The message never contains the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """The content of a token: its user, a stamp that changes with the user's password, and its expiry.

    ``user_id`` is the primary key. ``expires_at`` is in seconds since the epoch.
    """

    user_id: str
    stamp: str
    expires_at: float


def make_token(user: AbstractBaseUser, seconds: float | None = None) -> str:
    """Return a token for a user, valid for ``seconds`` (default: the setting ``TOKEN_SECONDS``).

    Raises ``ValueError`` if ``seconds`` is more than ``LONGEST_TOKEN_SECONDS``.
    """
    lifetime = conf.get("TOKEN_SECONDS") if seconds is None else seconds
    if lifetime > LONGEST_TOKEN_SECONDS:
        raise ValueError(f"A token is valid for at most {LONGEST_TOKEN_SECONDS} seconds.")
    claims = {
        "u": str(user.pk),
        "s": stamp(user.get_session_auth_hash()),
        "e": int(time.time() + lifetime),
    }
    return signer().sign_object(claims)


def read_token(token: str) -> Claims:
    """Return the claims of a token without querying the database; raises ``BadToken``."""
    if len(token) > LENGTH_LIMIT or not token.isascii():
        raise BadToken(MALFORMED)
    try:
        claims = signer().unsign_object(token)
    except BadSignature:
        # Not chained: the message of BadSignature contains a part of the token.
        raise BadToken(MALFORMED) from None
    found = Claims(claims["u"], claims["s"], claims["e"])
    if has_expired(found):
        raise BadToken(EXPIRED)
    return found


def has_expired(claims: Claims) -> bool:
    """Return whether a token has expired, or was issued for longer than allowed, which older releases could do."""
    left = claims.expires_at - time.time()
    return not 0 < left <= LONGEST_TOKEN_SECONDS + CLOCK_SECONDS


def find_user(claims: Claims) -> AbstractBaseUser:
    """Return the user that the claims identify, from the database.

    Raises ``BadToken`` if the user's password has changed, or the user has been deactivated or deleted.
    """
    try:
        user = get_user_model()._default_manager.get(pk=claims.user_id)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise BadToken(REVOKED) from error
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    current = any(constant_time_compare(claims.stamp, stamp(session_hash)) for session_hash in hashes)
    if not (current and user.is_active):
        raise BadToken(REVOKED)
    return user


def user_of(token: str) -> AbstractBaseUser:
    """Return the user of a token from the database; raises ``BadToken``."""
    return find_user(read_token(token))


def user_now(claims: Claims) -> AbstractBaseUser | None:
    """Return the user of a token that was valid before, or ``None`` if it is not valid any more."""
    if has_expired(claims):
        return None
    try:
        return find_user(claims)
    except BadToken:
        return None


def stamp(session_auth_hash: str) -> str:
    """Return a short digest of a user's session hash, which changes with the password."""
    return hashlib.sha256(session_auth_hash.encode()).hexdigest()[:STAMP_LENGTH]


def signer() -> Signer:
    """Return the signer of tokens; it also accepts signatures made with ``SECRET_KEY_FALLBACKS``."""
    return Signer(salt=SALT, sep=SEPARATOR)
