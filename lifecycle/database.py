"""A database router that puts the tables of this app into the database ``LIFECYCLE["DATABASE"]``.

Add ``"lifecycle.database.LifecycleRouter"`` to ``DATABASE_ROUTERS``.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models, router

from lifecycle import conf

APP = "lifecycle"


def record_database() -> str:
    """Return the alias of the database to which the tables of this app are written."""
    return router.db_for_write(apps.get_model(APP, "Connection"))


class LifecycleRouter:
    """A database router for the tables of this app (Django documentation, "Multiple databases")."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:  # noqa: ANN401 - Django's hints
        """Return this app's database for its own tables, and the default database for the user of a connection."""
        if model._meta.app_label == APP:
            return str(conf.get("DATABASE"))
        instance = hints.get("instance")
        return DEFAULT_DB_ALIAS if instance is not None and instance._meta.app_label == APP else None

    def db_for_write(self, model: type[models.Model], **hints: Any) -> str | None:  # noqa: ANN401
        """Return the same database as for reading."""
        return self.db_for_read(model, **hints)

    def allow_relation(self, obj1: models.Model, obj2: models.Model, **hints: Any) -> bool | None:  # noqa: ANN401
        """Allow a connection to refer to a user in another database, because there is no database constraint."""
        return True if APP in {obj1._meta.app_label, obj2._meta.app_label} else None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:  # noqa: ANN401
        """Allow this app's tables only in their own database.

        Other tables are not allowed in that database unless it is the default database.
        """
        record = str(conf.get("DATABASE"))
        if app_label == APP:
            return db == record
        return False if db == record != DEFAULT_DB_ALIAS else None
