"""The router: the record in its database, everything else where it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import models
from pytest_django import Settings

from lifecycle.database import LifecycleRouter, record_database
from lifecycle.models import ClientReport, Connection, Lease, ServerProcess

RECORD = (ClientReport, Connection, Lease, ServerProcess)
router = LifecycleRouter()


@pytest.fixture
def apart(settings: Settings) -> None:
    """Have the record in a database of its own."""
    settings.LIFECYCLE = {"DATABASE": "record"}


@pytest.mark.parametrize("model", RECORD)
def test_router__sends_the_record_to_its_database(apart: None, model: type[models.Model]) -> None:
    assert (router.db_for_read(model), router.db_for_write(model)) == ("record", "record")


@pytest.mark.parametrize("model", [User, Session])
def test_router__has_no_opinion_on_anything_else(apart: None, model: type[models.Model]) -> None:
    assert (router.db_for_read(model), router.db_for_write(model)) == (None, None)
    assert router.db_for_read(model, instance=User()) is None


def test_router__looks_for_the_user_of_a_connection_where_users_are(apart: None) -> None:
    assert router.db_for_read(User, instance=Connection()) == "default"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Connection(), User(), True),
        (User(), Connection(), True),
        (Connection(), ServerProcess(), True),
        (User(), Session(), None),
    ],
    ids=["connection, user", "user, connection", "within the record", "others"],
)
def test_router__allows_a_connection_to_name_a_user(
    apart: None, one: models.Model, other: models.Model, expected: bool | None
) -> None:
    assert router.allow_relation(one, other) is expected


MIGRATIONS: dict[str, tuple[str, str, str, bool | None]] = {
    "record, apart, at home": ("record", "record", "lifecycle", True),
    "record, apart, elsewhere": ("record", "default", "lifecycle", False),
    "others, in the record's": ("record", "record", "auth", False),
    "others, at home": ("record", "default", "auth", None),
    "record, with the others": ("default", "default", "lifecycle", True),
    "record, with the others, elsewhere": ("default", "replica", "lifecycle", False),
    "others, with the record": ("default", "default", "auth", None),
}


@pytest.mark.parametrize(("database", "on", "app", "expected"), MIGRATIONS.values(), ids=MIGRATIONS)
def test_router__makes_tables_in_their_database_alone(
    settings: Settings, database: str, on: str, app: str, expected: bool | None
) -> None:
    settings.LIFECYCLE = {"DATABASE": database}
    assert router.allow_migrate(on, app) is expected


@pytest.mark.parametrize(
    ("routers", "expected"), [([], "default"), (["lifecycle.database.LifecycleRouter"], "record")]
)
def test_record_database__is_what_the_projects_routers_say(
    settings: Any,  # noqa: ANN401 - pytest-django's
    apart: None,
    routers: list[str],
    expected: str,
) -> None:
    settings.DATABASE_ROUTERS = routers
    assert record_database() == expected
