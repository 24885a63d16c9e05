"""``manage.py lifecycle_housekeeping``: adopts spools and records the end of each lost process.

It does this once and exits, so it can be run from cron, for example.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lifecycle import conf
from lifecycle.record.folders import UNREAD
from lifecycle.server import adoption, lost_processes


class Command(BaseCommand):
    """Corrects the record of dead processes. Server processes do the same while they run.

    The command may run beside server processes: each step first checks in the database whether it is needed.
    """

    help = "Write the spools of dead processes on this host to the database, and end lost processes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the option ``--other-hosts``."""
        parser.add_argument(
            "--other-hosts",
            action="store_true",
            help="Also adopt silent spools whose processes ran on other hosts. These hosts must be gone for good.",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Run each step and print the totals.

        Raises ``CommandError`` afterwards if events were lost or a spool could not be adopted.
        """
        adopter = adoption.Adopter(options["other_hosts"])
        adopted = adopter.adopt_orphans(conf.spool_dir())
        stragglers = lost_processes.end_stragglers()
        lost = lost_processes.end_lost_processes()
        self.stdout.write(
            f"{adopted} spools adopted, {lost} lost processes ended, {stragglers} late connections ended"
        )
        if failures := [*lost_events(adopter), *stuck_spools(adopter)]:
            raise CommandError("\n".join(failures))


def lost_events(adopter: adoption.Adopter) -> Iterator[str]:
    """Yield a line about the events that could not be read, if there are any."""
    if adopter.lost:
        yield f"{adopter.lost} events could not be read; their segments are kept in {conf.spool_dir() / UNREAD}"


def stuck_spools(adopter: adoption.Adopter) -> Iterator[str]:
    """Yield a line for each spool that could not be adopted."""
    for name, error in adopter.stuck.items():
        yield f"The spool {name} could not be adopted: {type(error).__name__}: {error}"
