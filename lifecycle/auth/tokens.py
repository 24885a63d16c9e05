"""Signed tokens that open a socket for a user, for clients that bring no session cookie."""

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

SALT = "lifecycle.token"
#: Between the parts of a token; like the rest of it a ``tchar`` of RFC 9110 section 5.6.2, so that a token may
#: stand in Sec-WebSocket-Protocol.
SEPARATOR = "."
#: Characters; longer ones are not looked at.
LENGTH_LIMIT = 1024
STAMP_LENGTH = 16

MALFORMED, EXPIRED, REVOKED = "malformed", "expired", "revoked"


class BadToken(Exception):
    """A token that opens nothing; ``reason`` says why, and never holds the token."""

    def __init__(self, reason: str) -> None:
        """Keep the reason: ``malformed``, ``expired`` or ``revoked``."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token with a good signature says: the user's primary key, and a stamp of the user's password."""

    user_id: str
    stamp: str


def make_token(user: AbstractBaseUser, seconds: float | None = None) -> str:
    """Return a token for a user that is good for ``seconds`` (default: the setting ``TOKEN_SECONDS``)."""
    lifetime = conf.get("TOKEN_SECONDS") if seconds is None else seconds
    claims = {
        "u": str(user.pk),
        "s": stamp(user.get_session_auth_hash()),
        "e": int(time.time() + lifetime),
    }
    return signer().sign_object(claims)


def read_token(token: str) -> Claims:
    """Return what a token says, without a look into the database; raises ``BadToken``."""
    if len(token) > LENGTH_LIMIT or not token.isascii():
        raise BadToken(MALFORMED)
    try:
        claims = signer().unsign_object(token)
    except BadSignature:
        # Not chained: the cause quotes a part of the token.
        raise BadToken(MALFORMED) from None
    if claims["e"] <= time.time():
        raise BadToken(EXPIRED)
    return Claims(claims["u"], claims["s"])


def find_user(claims: Claims) -> AbstractBaseUser:
    """Return the user that a token speaks of, from the database; raises ``BadToken``.

    A token does not outlive a change of the password, nor the user's ``is_active``.
    """
    try:
        user = get_user_model()._default_manager.get(pk=claims.user_id)
    except (ObjectDoesNotExist, ValidationError, ValueError) as error:
        raise BadToken(REVOKED) from error
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    current = any(constant_time_compare(claims.stamp, stamp(one)) for one in hashes)
    if not (current and user.is_active):
        raise BadToken(REVOKED)
    return user


def user_of(token: str) -> AbstractBaseUser:
    """Return the user whom a token stands for, from the database; raises ``BadToken``."""
    return find_user(read_token(token))


def stamp(session_auth_hash: str) -> str:
    """Return a short digest of a user's session hash, which changes with the password."""
    return hashlib.sha256(session_auth_hash.encode()).hexdigest()[:STAMP_LENGTH]


def signer() -> Signer:
    """Return the signer of tokens; keys in ``SECRET_KEY_FALLBACKS`` are good for reading."""
    return Signer(salt=SALT, sep=SEPARATOR)
