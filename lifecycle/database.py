"""Keeps the record in a database of its own, where ``LIFECYCLE["DATABASE"]`` names one.

Add ``"lifecycle.database.LifecycleRouter"`` to ``DATABASE_ROUTERS``.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models, router

from lifecycle import conf

APP = "lifecycle"


def record_database() -> str:
    """Return the alias of the database that the record is written to."""
    return router.db_for_write(apps.get_model(APP, "Connection"))


class LifecycleRouter:
    """Sends the tables of the record to their database, and everything else where it was (Django, "Multi-db")."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:  # noqa: ANN401 - Django's hints
        """Return the database of the record; a user reached from a connection is in the default one."""
        if model._meta.app_label == APP:
            return str(conf.get("DATABASE"))
        instance = hints.get("instance")
        return DEFAULT_DB_ALIAS if instance is not None and instance._meta.app_label == APP else None

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:  # noqa: ANN401
        """Return the database of the record for its tables."""
        return self.db_for_read(model, **hints)

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool | None:  # noqa: ANN401
        """Allow a connection to name a user of another database: no constraint ties them."""
        return True if APP in {one._meta.app_label, other._meta.app_label} else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:  # noqa: ANN401
        """Make the tables of the record in its database alone, and no others there."""
        record = str(conf.get("DATABASE"))
        if app_label == APP:
            return db == record
        return False if db == record != DEFAULT_DB_ALIAS else None
