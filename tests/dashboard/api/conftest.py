"""Clients of the API: with a token, with a session, and with neither."""

from __future__ import annotations

import math

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from dashboard.api import limits, tokens
from dashboard.api.reads import Shown, histories


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """Forget the requests of other tests, and the histories that they computed."""
    limits.allowed.clear()
    limits.refusals.clear()
    histories.clear()
    Shown.at = -math.inf


@pytest.fixture
def operator(db: None) -> User:
    """Return a user who may view connections."""
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    return user


@pytest.fixture
def with_session(operator: User) -> Client:
    """Return a client with the session of an operator."""
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def token(db: None) -> str:
    """Return a new token."""
    return tokens.create("poller")


@pytest.fixture
def with_token(token: str) -> Client:
    """Return a client with a token."""
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(params=["session", "token"])
def allowed_client(request: pytest.FixtureRequest) -> Client:
    """Return a client that may read, of each kind."""
    client: Client = request.getfixturevalue(f"with_{request.param}")
    return client
