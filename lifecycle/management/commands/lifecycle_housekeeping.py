"""``manage.py lifecycle_housekeeping``: adopts spools and ends lost processes once, for example from cron."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lifecycle import conf
from lifecycle.server import adoption, lost_processes


class Command(BaseCommand):
    """Corrects the record if no server process is running to do so.

    The command may also run beside server processes: each step first checks in the database whether it is needed.
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
        """Run each step and print the totals; raises ``CommandError`` if a spool could not be adopted."""
        adopter = adoption.Adopter(options["other_hosts"])
        adopted = adopter.adopt_orphans(conf.spool_dir())
        lost = lost_processes.end_lost_processes()
        stragglers = lost_processes.end_stragglers()
        self.stdout.write(
            f"{adopted} spools adopted, {lost} lost processes ended, {stragglers} late connections ended"
        )
        if adopter.stuck:
            stuck = ", ".join(f"{name}: {type(error).__name__}" for name, error in adopter.stuck.items())
            raise CommandError(f"Spools that could not be adopted: {stuck}")
