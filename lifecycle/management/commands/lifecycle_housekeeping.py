"""``manage.py lifecycle_housekeeping``: adopts spools and records the end of each lost process.

It does this once and exits, so it can be run from cron, for example.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lifecycle import conf
from lifecycle.server import adoption, lost_processes


class Command(BaseCommand):
    """Corrects the record of dead processes. Server processes do the same while they run.

    The command may run beside server processes: each step first checks in the database whether it is needed.
    """

    help = "Write the spools of dead processes on this host to the database, and end lost processes."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand
        """Run each step and print the totals."""
        adopted = adoption.adopt_orphans(conf.spool_dir())
        lost = lost_processes.end_lost_processes()
        stragglers = lost_processes.end_stragglers()
        self.stdout.write(
            f"{adopted} spools adopted, {lost} lost processes ended, {stragglers} late connections ended"
        )
