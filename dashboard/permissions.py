"""Access control for the dashboard. Its page, its socket and its history view all use these functions."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib import auth

from lifecycle.auth import token_scope, tokens

PERMISSION = "lifecycle.view_connection"


def may_view(user: Any) -> bool:  # noqa: ANN401 - any user model, or none
    """Return whether a user is active, is staff, and has the permission to view connections."""
    return bool(user and user.is_active and user.is_staff and user.has_perm(PERMISSION))


def may_still_view(scope: dict[str, Any]) -> bool:
    """Return whether the user of an open socket may still view; checks session or token and permission again."""
    return may_view(user_now(scope))


def user_now(scope: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return the current data of a socket's user; ``None`` if the socket has no user or the user was deleted.

    A user with a session is looked up through the session, and a user with a token through the token, because a
    session and a token end with their time limit or with a new password. Any other user is looked up by key.
    """
    if (claims := scope.get(token_scope.CLAIMS)) is not None:
        return tokens.user_now(claims)
    user, session = scope.get("user"), scope.get("session")
    if session is not None and session.get(auth.SESSION_KEY) == str(user and user.pk):
        store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
        return auth.get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    if user is None or not user.is_authenticated:
        return None
    return auth.get_user_model()._default_manager.filter(pk=user.pk).first()


def token_has_expired(scope: dict[str, Any]) -> bool:
    """Return whether a socket was opened with a token that has expired by now; does not query the database."""
    claims = scope.get(token_scope.CLAIMS)
    return claims is not None and tokens.has_expired(claims)
