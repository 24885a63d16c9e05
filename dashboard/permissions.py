"""Access control for the dashboard. Its page, its socket and its history view all use these functions."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib import auth

PERMISSION = "lifecycle.view_connection"


def may_view(user: Any) -> bool:  # noqa: ANN401 - any user model, or none
    """Return whether a user is active, is staff, and has the permission to view connections."""
    return bool(user and user.is_active and user.is_staff and user.has_perm(PERMISSION))


def may_still_view(scope: dict[str, Any]) -> bool:
    """Return whether the user of an open socket may still view the dashboard, according to the database."""
    return may_view(user_now(scope))


def user_now(scope: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return the current data of a socket's user; ``None`` if the socket has no user or the user was deleted.

    A user who was authenticated by a session is loaded through the session, because the session may have ended. A
    user who was authenticated by a token is loaded by primary key.
    """
    user, session = scope.get("user"), scope.get("session")
    if session is not None and session.get(auth.SESSION_KEY) == str(user and user.pk):
        store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
        return auth.get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    if user is None or not user.is_authenticated:
        return None
    return auth.get_user_model()._default_manager.filter(pk=user.pk).first()
