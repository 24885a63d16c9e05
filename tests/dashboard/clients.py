"""HTTP clients of users with different rights."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User
from django.test import Client


def signed_in(*, permitted: bool = False, **flags: bool) -> Client:
    """Return a test client in which a new user is signed in."""
    user = User.objects.create_user("somebody", **flags)
    if permitted:
        user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client = Client()
    client.force_login(user)
    return client
