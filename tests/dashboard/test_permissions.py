"""Access control for the dashboard."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from dashboard.permissions import may_still_view, may_view

pytestmark = pytest.mark.django_db


def a_user(name: str = "somebody", *, permitted: bool = False, **flags: bool) -> User:
    """Return a new user; ``permitted`` grants the permission to view connections."""
    user = User.objects.create_user(name, **flags)
    if permitted:
        user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    return user


GATE: dict[str, tuple[dict[str, bool], bool]] = {
    "superuser": ({"is_staff": True, "is_superuser": True}, True),
    "permitted staff": ({"is_staff": True, "permitted": True}, True),
    "staff without the permission": ({"is_staff": True}, False),
    "permitted, but not staff": ({"permitted": True}, False),
    "superuser, but not staff": ({"is_superuser": True}, False),
    "inactive superuser": ({"is_staff": True, "is_superuser": True, "is_active": False}, False),
    "inactive permitted staff": ({"is_staff": True, "permitted": True, "is_active": False}, False),
    "ordinary user": ({}, False),
}


@pytest.mark.parametrize(("flags", "allowed"), GATE.values(), ids=GATE)
def test_may_view__only_active_staff_with_the_permission(flags: dict[str, bool], allowed: bool) -> None:
    assert may_view(a_user(**flags)) is allowed


@pytest.mark.parametrize("user", [None, AnonymousUser()], ids=["none", "anonymous"])
def test_may_view__visitors_are_denied(user: object) -> None:
    assert may_view(user) is False


def operator() -> User:
    """Return a user who may view the dashboard."""
    return a_user("operator", permitted=True, is_staff=True)


def session_scope(user: User) -> dict[str, Any]:
    """Return the scope of a socket that was authenticated by a session cookie."""
    client = Client()
    client.force_login(user)
    session = client.session
    assert session[SESSION_KEY] == str(user.pk)
    return {"user": user, "session": session}


@pytest.fixture(params=["session", "token"])
def opened(request: pytest.FixtureRequest) -> tuple[User, dict[str, Any]]:
    """Return an operator, and the scope of a socket that was authenticated by a session or a token."""
    user = operator()
    return user, session_scope(user) if request.param == "session" else {"user": user}


def test_may_still_view__allowed_while_nothing_has_changed(opened: tuple[User, dict[str, Any]]) -> None:
    assert may_still_view(opened[1]) is True


def test_may_still_view__denied_after_the_permission_was_revoked(opened: tuple[User, dict[str, Any]]) -> None:
    user, scope = opened
    user.user_permissions.clear()
    assert may_still_view(scope) is False


def test_may_still_view__denied_after_the_user_was_deactivated(opened: tuple[User, dict[str, Any]]) -> None:
    user, scope = opened
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert may_still_view(scope) is False


def test_may_still_view__denied_after_the_user_was_deleted(opened: tuple[User, dict[str, Any]]) -> None:
    user, scope = opened
    User.objects.filter(pk=user.pk).delete()
    assert may_still_view(scope) is False


def test_may_still_view__denied_after_signing_out() -> None:
    scope = session_scope(operator())
    Session.objects.all().delete()
    assert may_still_view(scope) is False


def test_may_still_view__denied_after_a_new_password_invalidated_the_sessions() -> None:
    user = operator()
    scope = session_scope(user)
    user.set_password("another")
    user.save()
    assert may_still_view(scope) is False


@pytest.mark.parametrize(
    "scope", [{}, {"user": None}, {"user": AnonymousUser()}, {"user": AnonymousUser(), "session": {}}]
)
def test_may_still_view__denied_without_an_authenticated_user(scope: dict[str, Any]) -> None:
    assert may_still_view(scope) is False
