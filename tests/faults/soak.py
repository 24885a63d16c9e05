"""Mixed traffic with one random fault after the other; whatever the process uses returns to where it began.

``make soak``, or ``SECONDS=60 SEED=7 python -m tests.faults.soak``: the seed is printed, and repeats the faults.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.faults.ledger import LOST, Ledger, assert_same
from tests.faults.load import LINGER, LIVES, UNTOLD_SECONDS, VISIT, all_at_once, at_rate
from tests.faults.server import FaultServer, until
from tests.integration.servers import manage
from tests.postgres import Postgres
from tests.redis_server import Redis

#: Connects a second on each server, and how many at once in a burst.
RATE, BURST = 20, 200
#: For how many seconds a fault lasts, at least and at most: less or more than it takes to call a database hanging.
FAULT_SECONDS = (1.0, 8.0)
WARM_UP_SECONDS = 3.0
#: Seconds by which an end may be seen late, with a burst before it.
LATE_SECONDS = 30.0
#: By how much memory may have grown: what the process remembers by design, and what the allocator keeps.
GROWTH_BYTES = 24 * 1024 * 1024
LIFECYCLE = {"HEARTBEAT_SECONDS": 1.0, "LEASE_SECONDS": 6.0}
OPTIONS = ("--websocket_connect_timeout", "60")


class Usage(NamedTuple):
    """What a process uses at one moment."""

    memory: int
    threads: int
    files: int
    spool: int

    @classmethod
    def of(cls, server: FaultServer) -> Usage:
        """Return what a server uses now; ``spool`` is the number of files in the folder that it shares."""
        process, folder = psutil.Process(server.process.pid), server.data / "spool"
        opened = [link(path) for path in Path(f"/proc/{process.pid}/fd").iterdir()]
        # A segment stays open until it is synced, which may be with the next event.
        files = sum(not path.startswith(str(folder)) for path in opened)
        spool = sum(path.is_file() for path in folder.rglob("*"))
        return cls(process.memory_info().rss, process.num_threads(), files, spool)

    def __str__(self) -> str:
        """Tell it in a line."""
        memory = self.memory / 1024 / 1024
        return f"{memory:.1f} MiB, {self.threads} threads, {self.files} files, {self.spool} in the spool"


def link(path: Path) -> str:
    """Return where a link leads; nowhere, where it is gone by now."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


@dataclass
class Site:
    """Two servers on one host with one database and one Redis; the first is watched, the second may be killed."""

    watched: FaultServer
    neighbour: FaultServer
    postgres: Postgres
    redis: Redis
    chance: random.Random
    ledgers: tuple[Ledger, Ledger] = field(default_factory=lambda: (Ledger(), Ledger()))

    async def traffic(self, seconds: float) -> None:
        """Have connections come and go on both servers."""
        await asyncio.gather(
            at_rate(self.ledgers[0], self.watched.port, RATE, seconds, [*LIVES, LINGER]),
            at_rate(self.ledgers[1], self.neighbour.port, RATE, seconds, [*LIVES, LINGER]),
        )

    async def wait(self) -> None:
        """Let a fault last."""
        await asyncio.sleep(self.chance.uniform(*FAULT_SECONDS))

    async def burst(self) -> None:
        """Have many come at once."""
        await all_at_once(self.ledgers[0], self.watched.port, [VISIT] * BURST)

    async def database_stops(self) -> None:
        """Have no database, for a while."""
        await asyncio.to_thread(self.postgres.stop)
        await self.wait()
        await asyncio.to_thread(self.postgres.start)

    async def database_hangs(self) -> None:
        """Have a database that does not answer, for a while."""
        self.postgres.pause()
        await self.wait()
        self.postgres.resume()

    async def redis_stops(self) -> None:
        """Have no Redis, for a while."""
        await asyncio.to_thread(self.redis.stop)
        await self.wait()
        await asyncio.to_thread(self.redis.start)

    async def redis_hangs(self) -> None:
        """Have a Redis that does not answer, for a while."""
        self.redis.pause()
        await self.wait()
        self.redis.resume()

    async def disk_is_full(self) -> None:
        """Have the watched server write no byte more to any file, for a while."""
        pid, limits = self.watched.process.pid, resource.prlimit(self.watched.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        began = time.time()
        await self.wait()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        self.ledgers[0].may_be_dropped(began)

    async def neighbour_is_killed(self) -> None:
        """Kill the neighbour, and start it again after a while; its spool is adopted."""
        await self.restart(signal.SIGKILL, LOST)

    async def neighbour_is_deployed(self) -> None:
        """Stop the neighbour in order, and start it again."""
        await self.restart(signal.SIGTERM, "server_shutdown")

    async def restart(self, number: signal.Signals, cause: str) -> None:
        """End the neighbour and start it again."""
        began = time.time()
        await asyncio.to_thread(self.neighbour.stop, number)
        self.ledgers[1].all_end(cause, since=began - UNTOLD_SECONDS)
        await self.wait()
        await asyncio.to_thread(self.neighbour.start)

    async def faults(self, seconds: float) -> None:
        """Have one fault after the other, each of them on a site that has recovered from the last one."""
        kinds: list[Callable[[], Awaitable[None]]] = [
            self.burst,
            self.database_stops,
            self.database_hangs,
            self.redis_stops,
            self.redis_hangs,
            self.disk_is_full,
            self.neighbour_is_killed,
            self.neighbour_is_deployed,
        ]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            fault = self.chance.choice(kinds)
            say(f"{fault.__name__.replace('_', ' ')}, while it uses {Usage.of(self.watched)}")
            await fault()
            await self.recovered()

    async def recovered(self) -> None:
        """Wait until the database has what both spools held."""
        for server in (self.watched, self.neighbour):
            await until(lambda server=server: is_drained(server))


async def is_drained(server: FaultServer) -> bool:
    """Return whether the spool is nearly empty while traffic continues."""
    return await server.metric("lifecycle_spool_events") < RATE * 5


async def soak(site: Site, seconds: float) -> None:
    """Soak a site, and assert that every connection is accounted for and nothing is used up."""
    await site.burst()
    await site.traffic(WARM_UP_SECONDS)
    before = await at_rest(site)
    say(f"Before: {before}")
    traffic = asyncio.create_task(site.traffic(seconds))
    await site.faults(seconds)
    await traffic
    after = await at_rest(site)
    say(f"After:  {after}")
    assert_accounted_for(site)
    assert after.memory < before.memory + GROWTH_BYTES, f"{before}, and then {after}"
    assert after[1:] <= before[1:], f"{before}, and then {after}"


async def at_rest(site: Site) -> Usage:
    """Return what the watched server uses once nobody is connected and nothing is left to write."""

    async def resting() -> bool:
        open_now = await site.watched.metric("websocket_connections_open")
        return not open_now and not await site.watched.metric("lifecycle_spool_events")

    await until(resting)
    # What closes with a delay: files of the spool, and connections to Redis and to the database.
    await asyncio.sleep(2 * LIFECYCLE["HEARTBEAT_SECONDS"])
    return Usage.of(site.watched)


def assert_accounted_for(site: Site) -> None:
    """Assert that the database says of every connection what the ledgers say."""
    for ledger in site.ledgers:
        ledger.unopened_may_be(LOST, "server_shutdown", "abandoned", "handshake_timeout")
    entries = [entry for ledger in site.ledgers for entry in ledger]
    assert_same(entries, site.watched.connections(), LATE_SECONDS)
    say(f"{len(entries)} connections are accounted for")


def say(text: str) -> None:
    """Tell how far it is."""
    print(time.strftime("%H:%M:%S"), text, flush=True)


async def run(folder: Path, seconds: float, seed: int) -> None:
    """Build a site in a folder, and soak it."""
    say(f"SEED={seed} SECONDS={seconds:.0f}")
    with Postgres() as postgres, Redis() as redis:
        url = postgres.url()
        manage(folder, "migrate", "--verbosity", "0", DATABASE_URL=url)
        # Only the feed uses Redis: consumers that do would end with it, which is Channels' affair.
        settings = {"REDIS_URL": redis.url, "LAYER_OF_THE_FEED_ALONE": "yes"}

        def server() -> FaultServer:
            return FaultServer("daphne", folder, *OPTIONS, database=url, lifecycle=LIFECYCLE, **settings)

        with server() as watched, server() as neighbour:
            await soak(Site(watched, neighbour, postgres, redis, random.Random(seed)), seconds)


def chosen_seed() -> int:
    """Return the seed that the environment names, else any."""
    return int(os.environ.get("SEED") or random.randrange(1_000_000))


def main() -> None:
    """Soak for ``SECONDS`` with ``SEED``, as the environment says."""
    seconds = float(os.environ.get("SECONDS") or 600)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        asyncio.run(run(Path(folder) / "data", seconds, chosen_seed()))


if __name__ == "__main__":
    main()
