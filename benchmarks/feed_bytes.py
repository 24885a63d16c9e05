"""Bytes per second to one viewer of the dashboard: without connects, at 100 per second, and at full speed."""

from __future__ import annotations

import statistics
import time
from typing import NamedTuple

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, python, running

#: Connections before the measurement: enough to fill the list of the latest ends.
WARM_UP = 100
PARALLEL = 64
#: How many seconds longer than its viewer a load runs.
LEAD_SECONDS = 6.0
AIM = Aim("measured", 4096)
#: Prints the session key of a new superuser.
SIGN_IN = """
import django
django.setup()
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
user = get_user_model().objects.create_superuser("viewer")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(settings.SESSION_COOKIE_NAME, session.session_key, sep="=", end="")
"""


def measure(rounds: int, seconds: float, fastest: float) -> list[Line]:
    """Measure the feed at each rate, on one server per round."""
    results: dict[float, list[Watched]] = {rate: [] for rate in (0, 100, fastest)}
    for _ in range(rounds):
        with running("monitor") as server:
            cookie = python("-c", SIGN_IN, folder=server.folder).stdout
            server.load("lives", number=WARM_UP)
            for rate, measured in results.items():
                measured.append(watched(server, cookie, rate, seconds))
    return [line(results[0], measured) for measured in results.values()]


class Watched(NamedTuple):
    """The result of one measurement: connects per second, and bytes per second to the viewer."""

    connects: float
    received: float


def watched(server: Server, cookie: str, rate: float, seconds: float) -> Watched:
    """Measure the feed while connections open and close at ``rate`` per second, or as fast as possible."""
    if not rate:
        return Watched(0.0, watch(server, cookie, seconds))
    with server.loading("lives", rate=rate, parallel=PARALLEL, seconds=seconds + LEAD_SECONDS) as load:
        time.sleep(LEAD_SECONDS / 2)
        received = watch(server, cookie, seconds)
        result = server.checked(load.communicate()[0])
    return Watched(result["rate"], received)


def watch(server: Server, cookie: str, seconds: float) -> float:
    """Return how many bytes per second one viewer receives."""
    return float(server.load("watch", path="/ws/dashboard/", cookie=cookie, seconds=seconds)["bytes_s"])


def line(idle: list[Watched], measured: list[Watched]) -> Line:
    """Return the line for one rate, compared with the feed of an idle server."""
    connects = statistics.median(result.connects for result in measured)
    base, received = ([result.received for result in results] for results in (idle, measured))
    return compared(f"Feed of a viewer at {connects:.0f} connects/s", "B/s", base, received, AIM)


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, seconds=10.0, fastest=1000.0)
