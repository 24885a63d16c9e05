"""The feed of the dashboard: bytes per second to one viewer, and size and time of a picture of many processes.

The rates are measured on a server: without connects, at 100 per second, and at full speed. The pictures are built
from synthetic snapshots, and compared with plain JSON of the same rows.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import report
from benchmarks.fleet import fleet
from benchmarks.report import Aim, Line, compared
from benchmarks.server import Server, python, running
from dashboard.contract import Picture, ProcessSnapshot
from dashboard.live.encoding import encode
from dashboard.live.picture import Live

#: Connections before the measurement: enough to fill the list of the latest ends.
WARM_UP = 100
PARALLEL = 64
#: How many seconds longer than its viewer a load runs.
LEAD_SECONDS = 6.0
AIM = Aim("measured", 4096)
#: Endpoints and processes of the synthetic pictures, and the largest size of a picture in bytes.
SIZES = {(12, 6): 4096, (100, 30): 16_384}
#: The longest time on the event loop per tick, in milliseconds.
TICK_MS = 5
#: How many pictures are measured for each size, and the time in the first one. The first are not counted.
TICKS, BEGAN, SETTLING = 25, 1_763_000_000.0, 5
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
    """Measure the feed at each rate, on one server per round, and then the pictures."""
    results: dict[float, list[Watched]] = {rate: [] for rate in (0, 100, fastest)}
    for _ in range(rounds):
        with running("monitor") as server:
            cookie = python("-c", SIGN_IN, folder=server.folder).stdout
            server.load("lives", number=WARM_UP)
            for rate, measured in results.items():
                measured.append(watched(server, cookie, rate, seconds))
    rates = [line(results[0], measured) for measured in results.values()]
    return [*rates, *(found for size, limit in SIZES.items() for found in picture_lines(*size, limit, rounds))]


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


def picture_lines(endpoints: int, processes: int, limit: int, rounds: int) -> list[Line]:
    """Return the lines for the size of a picture, and for the time of its merge and encoding."""
    pairs = [[ticks(endpoints, processes, how) for how in (plain_json, encode)] for _ in range(rounds)]
    plain, encoded = zip(*pairs, strict=True)
    what = f"{endpoints} endpoints in {processes} processes"
    sizes, times = (
        [[getattr(result, field) for result in side] for side in (plain, encoded)] for field in Ticks._fields
    )
    return [
        compared(f"Picture of {what}", "B", sizes[0], sizes[1], Aim("measured", limit)),
        compared(f"Tick with {what}", "ms", times[0], times[1], Aim("measured", TICK_MS)),
    ]


class Ticks(NamedTuple):
    """The size of the largest picture in bytes, and the median time of a tick on the event loop.

    The time is that of the thread, because other programs may use the same core.
    """

    size: float
    milliseconds: float


def ticks(endpoints: int, processes: int, how: Callable[[Picture], str]) -> Ticks:
    """Store the snapshots of all processes, merge them and encode the picture, once for each tick."""
    arriving = [received(endpoints, processes, BEGAN + number) for number in range(TICKS)]
    live, sizes, times = Live(20.0, 1.0), [], []
    for number, snapshots in enumerate(arriving):
        began = time.thread_time()
        for snapshot in snapshots:
            live.store(snapshot, BEGAN + number)
        message = how(live.picture(BEGAN + number))
        times.append((time.thread_time() - began) * 1000)
        sizes.append(len(message.encode()))
    return Ticks(max(sizes), statistics.median(times[SETTLING:]))


def received(endpoints: int, processes: int, now: float) -> list[ProcessSnapshot]:
    """Return the snapshots as they come from the channel layer: without objects that they share."""
    snapshots: list[ProcessSnapshot] = json.loads(json.dumps(fleet(endpoints, processes, now)))
    return snapshots


def plain_json(picture: Picture) -> str:
    """Return a picture as JSON with the names of all fields in each row."""
    return json.dumps(picture, separators=(",", ":"))


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=3, seconds=10.0, fastest=1000.0)
