"""The ASGI servers of the table in docs/servers.md, each in its own process."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from tests import databases
from tests.integration.servers import APPLICATION, Server
from tests.ports import HOST

#: Seconds between two pings, and until a ping counts as unanswered.
PING_SECONDS = 1
PINGS = f"--ws-ping-interval {PING_SECONDS} --ws-ping-timeout {PING_SECONDS}"
UVICORN = f"-m uvicorn --host {HOST} --port {{port}} {PINGS}"


class Software(NamedTuple):
    """How one server is started; the arguments, with a port and an application, follow ``python``."""

    arguments: str
    #: Whether its pings can be shortened, so an unanswered ping can be observed.
    pings: bool = True
    #: Whether its ends are exact. The code of a failed application is so once the server has closed.
    exact: bool = True
    #: Whether the disconnects of a stop can arrive before or after the shutdown of the lifespan.
    stop_is_a_race: bool = False


FLEET = {
    "Daphne": Software(
        f"-m daphne --bind {HOST} --port {{port}} --ping-interval {PING_SECONDS} --ping-timeout {PING_SECONDS} "
        "{application}"
    ),
    "runserver": Software(f"manage.py runserver --noreload {HOST}:{{port}}", pings=False),
    "Uvicorn": Software(f"{UVICORN} {{application}}"),
    "Uvicorn --ws websockets": Software(f"{UVICORN} --ws websockets {{application}}"),
    "Uvicorn --ws wsproto": Software(f"{UVICORN} --ws wsproto {{application}}"),
    "Uvicorn --workers 2": Software(f"{UVICORN} --workers 2 {{application}}"),
    "gunicorn with the Uvicorn worker": Software(
        f"-m gunicorn --worker-class tests.servers.worker.PingingWorker --bind {HOST}:{{port}} {{application}}"
    ),
    "Hypercorn": Software(f"-m hypercorn --bind {HOST}:{{port}} {{application}}", pings=False, exact=False),
    "Granian": Software(
        f"-m granian --interface asgi --host {HOST} --port {{port}} {{application}}",
        pings=False,
        exact=False,
        stop_is_a_race=True,
    ),
}


class FleetServer(Server):
    """One server of the fleet."""

    def __init__(
        self, software: str, data: Path, *options: str, application: str = APPLICATION, **variables: str
    ) -> None:
        """Prepare a server of ``FLEET`` on a data folder; ``options`` are added to its command line."""
        super().__init__("uvicorn", data)
        self.software = software
        arguments = FLEET[software].arguments.format(port=self.port, application=application)
        self.command = [sys.executable, *arguments.split(), *options]
        self.environment = databases.environment(
            data, **{"DJANGO_SETTINGS_MODULE": "tests.servers.settings", **variables}
        )

    def __exit__(self, *exception: object) -> None:
        """Stop the server and its worker processes."""
        workers = [] if self.process.poll() is not None else psutil.Process(self.process.pid).children(True)
        super().__exit__(*exception)
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
