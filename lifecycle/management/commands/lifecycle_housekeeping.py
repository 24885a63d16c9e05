"""``manage.py lifecycle_housekeeping``: adopt spools and end lost processes once, for example from cron."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lifecycle import conf
from lifecycle.server import adoption, lost_processes


class Command(BaseCommand):
    """Corrects the record while no server process runs that would do it.

    Every step checks in the database whether it is still needed, so the command may run beside server processes.
    """

    help = "Write the spools of dead processes on this host, and end lost processes and their connections."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Do every step and print what was done."""
        adopted = adoption.adopt_orphans(conf.spool_dir())
        lost = lost_processes.end_lost_processes()
        stragglers = lost_processes.end_stragglers()
        self.stdout.write(
            f"{adopted} spools adopted, {lost} lost processes ended, {stragglers} late connections ended"
        )
