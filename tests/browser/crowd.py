"""The monitor with 100 endpoints in 30 processes, for the looks of the live page. All numbers are synthetic.

Run it as ``DATA_DIR=/tmp/crowd python -m tests.browser.crowd --port 8000``, with a new folder, because it writes
rows into the database there. It accepts the arguments of the ``start`` command.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import django
from django.core.management import execute_from_command_line

ENDPOINTS, PROCESSES = 100, 30
#: How many rows are written for open connections, and for connections that ended in the last twenty minutes.
OPEN, ENDED = 9000, 9000
#: The mean number of open connections of the largest endpoint in each process, so that the sum is about ``OPEN``.
LEVEL = 50.0
#: The last process is silent.
SILENT_FOR = 6.0
MINUTE = timedelta(minutes=1)


def main() -> None:
    """Fill the database, and start the project with a synthetic feed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
    django.setup()
    execute_from_command_line(["manage.py", "migrate", "--verbosity", "0"])
    fill(datetime.now(UTC))
    replace_feed()
    execute_from_command_line(["manage.py", "start", *sys.argv[1:]])


def fill(now: datetime) -> None:
    """Write the rows of the processes and of their connections."""
    from benchmarks.fleet import fleet
    from lifecycle.models import Connection, ServerProcess
    from tests.factories import connection

    snapshots = fleet(ENDPOINTS, PROCESSES, now.timestamp(), LEVEL)
    ServerProcess.objects.bulk_create(
        ServerProcess(
            id=snapshot["id"],
            host=snapshot["host"],
            pid=snapshot["pid"],
            server=snapshot["server"],
            release=snapshot["release"],
            started_at=now - MINUTE * (4 if number == 3 else 600 + number),
            # In the future, so that the housekeeping does not declare the process lost.
            heartbeat_at=now + MINUTE * 1000,
        )
        for number, snapshot in enumerate(snapshots)
    )
    rows = [connection(**columns) for columns in lives(now, [snapshot["id"] for snapshot in snapshots])]
    Connection.objects.bulk_create(rows, batch_size=500)


def lives(now: datetime, processes: list[str]) -> Iterator[dict[str, object]]:
    """Yield the columns of each connection."""
    from benchmarks.fleet import CAUSES, CODES, endpoint_names, weight

    numbers, names = random.Random(1), endpoint_names(ENDPOINTS)
    shares = [weight(position) for position in range(ENDPOINTS)]
    for number in range(OPEN + ENDED):
        [name] = numbers.choices(names, shares)
        common = {"endpoint": name, "path": f"/{name}", "process_id": numbers.choice(processes)}
        if number < OPEN:
            times = {"opened_at": now - MINUTE * numbers.expovariate(1 / 40), "closed_at": None}
            yield {**common, **times, "state": "open", "close_code": None, "cause": "", "initiator": ""}
        else:
            ended = now - MINUTE * numbers.uniform(0, 20)
            [cause] = numbers.choices(list(CAUSES), list(CAUSES.values()))
            times = {"opened_at": ended - MINUTE * numbers.expovariate(1 / 40), "closed_at": ended}
            yield {**common, **times, "cause": cause.value, "close_code": CODES.get(cause, 1001)}


def replace_feed() -> None:
    """Add the synthetic processes to each picture."""
    from benchmarks.fleet import fleet
    from dashboard.live import hub

    class Crowd(hub.Hub):
        """A hub that receives the snapshots of many processes."""

        def picture(self) -> str:
            """Store the snapshots of this moment, and return the picture."""
            now = time.time()
            *healthy, silent = fleet(ENDPOINTS, PROCESSES, now, LEVEL)
            for snapshot in healthy:
                self.live.store(snapshot, now - 0.3)
            self.live.store(silent, now - SILENT_FOR)
            return super().picture()

    hub.Current.hub = Crowd()


if __name__ == "__main__":
    main()
