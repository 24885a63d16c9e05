"""Does the housekeeping once, for cron: spools of dead processes, leases that ran out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lifecycle import conf
from lifecycle.server import housekeeping


class Command(BaseCommand):
    """Puts the record right where no server process runs that would.

    Every step asks the database whether it is still to be done, so that it may run beside the processes.
    """

    help = "Write the spools that dead processes left on this host, and end the connections of lost processes."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Do it, and say what was done."""
        adopted = housekeeping.adopt_orphans(conf.spool_dir())
        lost = housekeeping.end_lost_processes()
        stragglers = housekeeping.end_stragglers()
        self.stdout.write(
            f"{adopted} spools adopted, {lost} lost processes ended, {stragglers} late connections ended"
        )
