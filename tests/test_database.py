"""The database router: this app's tables are in their own database, and all other tables stay where they are."""

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
def separate_database(settings: Settings) -> None:
    """Configure a separate database for this app's tables."""
    settings.LIFECYCLE = {"DATABASE": "record"}


@pytest.mark.parametrize("model", RECORD)
def test_router__routes_lifecycle_models_to_the_configured_database(
    separate_database: None, model: type[models.Model]
) -> None:
    assert (router.db_for_read(model), router.db_for_write(model)) == ("record", "record")


@pytest.mark.parametrize("model", [User, Session])
def test_router__returns_none_for_other_models(separate_database: None, model: type[models.Model]) -> None:
    assert (router.db_for_read(model), router.db_for_write(model)) == (None, None)
    assert router.db_for_read(model, instance=User()) is None


def test_router__reads_the_user_of_a_connection_from_the_default_database(separate_database: None) -> None:
    assert router.db_for_read(User, instance=Connection()) == "default"


@pytest.mark.parametrize(
    ("obj1", "obj2", "expected"),
    [
        (Connection(), User(), True),
        (User(), Connection(), True),
        (Connection(), ServerProcess(), True),
        (User(), Session(), None),
    ],
    ids=["connection, user", "user, connection", "two lifecycle models", "two other models"],
)
def test_router__allows_relations_of_lifecycle_models(
    separate_database: None, obj1: models.Model, obj2: models.Model, expected: bool | None
) -> None:
    assert router.allow_relation(obj1, obj2) is expected


MIGRATIONS: dict[str, tuple[str, str, str, bool | None]] = {
    "own database: lifecycle tables are created": ("record", "record", "lifecycle", True),
    "own database: no lifecycle tables in the default database": ("record", "default", "lifecycle", False),
    "own database: no other tables are created": ("record", "record", "auth", False),
    "own database: other tables in the default database are not affected": ("record", "default", "auth", None),
    "default database: lifecycle tables are created": ("default", "default", "lifecycle", True),
    "default database: no lifecycle tables in another database": ("default", "replica", "lifecycle", False),
    "default database: other tables are not affected": ("default", "default", "auth", None),
}


@pytest.mark.parametrize(("configured", "database", "app", "expected"), MIGRATIONS.values(), ids=MIGRATIONS)
def test_router__creates_tables_only_in_their_database(
    settings: Settings, configured: str, database: str, app: str, expected: bool | None
) -> None:
    settings.LIFECYCLE = {"DATABASE": configured}
    assert router.allow_migrate(database, app) is expected


@pytest.mark.parametrize(
    ("routers", "expected"), [([], "default"), (["lifecycle.database.LifecycleRouter"], "record")]
)
def test_record_database__follows_the_routers_of_the_project(
    settings: Any,  # noqa: ANN401 - pytest-django's
    separate_database: None,
    routers: list[str],
    expected: str,
) -> None:
    settings.DATABASE_ROUTERS = routers
    assert record_database() == expected
