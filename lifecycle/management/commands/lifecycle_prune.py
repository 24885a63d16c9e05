"""``manage.py lifecycle_prune``: deletes the rows and rollups that are older than the settings allow."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError

from lifecycle.history.building import Busy, prune


class Command(BaseCommand):
    """Deletes old rows at once. Server processes also delete them, some every few seconds."""

    help = "Delete the rows and rollups that are older than LIFECYCLE's ROWS_DAYS, REPORTS_DAYS and so on."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Delete and print the progress; raises ``CommandError`` if another process does the same."""
        try:
            deleted = prune(uuid4(), self.show)
        except Busy as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Deleted {deleted} rows")

    def show(self, deleted: int) -> None:
        """Print the number of rows deleted so far."""
        self.stdout.write(f"{deleted:>9} rows")
        self.stdout.flush()
