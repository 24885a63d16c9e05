"""``manage.py lifecycle_rollups``: builds the rollups of all existing rows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lifecycle.history.building import Busy, Done, build
from lifecycle.history.rows import moment


class Command(BaseCommand):
    """Builds rollups at once. Server processes also build them, an hour of the past every few seconds."""

    help = "Build the rollups of all existing rows, which the history of long ranges needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option ``--again``."""
        parser.add_argument(
            "--again", action="store_true", help="Also build the rollups that exist, as far as their rows exist."
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Build the rollups and print the progress; raises ``CommandError`` if another process does the same."""
        try:
            hours = build(uuid4(), self.show, again=options["again"])
        except Busy as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Built the rollups of {hours} hours")

    def show(self, done: Done) -> None:
        """Print the progress once per day of rows."""
        if done.hours == done.of or done.hours % 24 == 0:
            self.stdout.write(f"{done.hours:>6} of {done.of} hours, {moment(done.hour):%Y-%m-%d %H:%M} UTC")
            self.stdout.flush()
