"""The one gate of the dashboard: its page, its socket and its reads all ask here."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib import auth

PERMISSION = "lifecycle.view_connection"


def may_view(user: Any) -> bool:  # noqa: ANN401 - any user model, or none
    """Tell whether a user may see the dashboard: active staff with the permission to view connections."""
    return bool(user and user.is_active and user.is_staff and user.has_perm(PERMISSION))


def may_still_view(scope: dict[str, Any]) -> bool:
    """Ask again for an open socket, from the database: the session may have ended, the permission been taken."""
    return may_view(user_now(scope))


def user_now(scope: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return the user that a socket's session, or else its token, stands for now."""
    user, session = scope.get("user"), scope.get("session")
    if session is not None and session.get(auth.SESSION_KEY) == str(user and user.pk):
        store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
        return auth.get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]
    if user is None or not user.is_authenticated:
        return None
    return auth.get_user_model()._default_manager.filter(pk=user.pk).first()
