"""This server process: its recorder, its heartbeat, and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from importlib import metadata
from typing import Any
from uuid import UUID

from lifecycle import conf
from lifecycle.record.fsync import Fsyncer
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool
from lifecycle.record.writer import Writer
from lifecycle.server import adoption, heartbeat, housekeeping, leases, lost_processes
from lifecycle.verdict.facts import new_id

logger = logging.getLogger("lifecycle")
SERVERS = ("uvicorn", "hypercorn", "granian")
TICK_SECONDS = 1.0
SWEEP_SECONDS = 2.0

TickHook = Callable[["Process"], Coroutine[Any, Any, None]]
#: Called with the process once a tick, each in a task of its own; the dashboard adds its broadcast here.
tick_hooks: list[TickHook] = []
#: Called with the process once when it stops, while the last events are written; the dashboard says goodbye here.
stop_hooks: list[TickHook] = []


class Process:
    """One running ASGI server process: its recorder, spool and writer, and the tasks that keep them going."""

    def __init__(self, server: str) -> None:
        """Begin to record; until the spool is open events are counted and dropped."""
        self.id = new_id()
        self.host = socket.gethostname()
        self.pid = os.getpid()
        self.server = server_software(server)
        self.release = conf.get("RELEASE")
        self.started_at = time.time()
        self.recorder = Recorder(self.id)
        self.pulse = heartbeat.Pulse()
        #: How many events had been dropped when the ends among them were last made up for.
        self.made_up = 0
        self.writer: Writer | None = None
        self.syncer: Fsyncer | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.stopped: asyncio.Future[None] | None = None

    def open_spool(self) -> None:
        """Open this process's own queue on disk, and begin to carry it into the database."""
        seconds = conf.get("SYNC_SECONDS")
        spool = Spool(conf.spool_dir() / self.id, conf.get("SPOOL_MAX_BYTES"), synced=bool(seconds))
        self.writer = Writer(spool, self.recorder)
        self.tasks.append(asyncio.create_task(self.writer.run(), name="lifecycle-writer"))
        if seconds:
            self.syncer = Fsyncer(spool, seconds)
        self.recorder.spool = spool

    def start(self) -> None:
        """Open the spool and start the tasks of this process on the running event loop."""
        self.recorder.guard(self.open_spool)
        self.every(conf.get("HEARTBEAT_SECONDS"), self.beat, "heartbeat")
        self.every(SWEEP_SECONDS, self.sweep, "sweep")
        for hook in tick_hooks:
            self.every(TICK_SECONDS, functools.partial(hook, self), hook.__name__)

    def every(self, seconds: float, job: Callable[[], Awaitable[None]], name: str) -> None:
        """Do a job again and again in a task of its own, so that one that hangs holds no other up."""
        self.tasks.append(asyncio.create_task(self.repeat(job, seconds, name), name=f"lifecycle-{name}"))

    async def repeat(self, job: Callable[[], Awaitable[None]], seconds: float, name: str) -> None:
        """Do a job again and again; a failure is logged once per kind, and the next round tries again."""
        while True:
            try:
                await job()
            except Exception as error:  # a background job outlives whatever one round of it met
                self.complain(name, error)
            await asyncio.sleep(seconds)

    def complain(self, job: str, error: Exception) -> None:
        """Log a failure of a background job, once per kind."""
        kind = f"{job} {type(error).__name__}"
        if kind not in self.recorder.complained:
            self.recorder.complained.add(kind)
            logger.error("The monitor's %s failed (repeated quietly): %r", job, error, exc_info=error)

    async def sweep(self) -> None:
        """Look for sockets without a transport; apart from the heartbeat, which waits for the database."""
        self.recorder.sweep()

    async def beat(self) -> None:
        """Renew the lease, and put right what lost processes left."""
        if self.recorder.spool is None:
            self.open_spool()
        if self.writer and self.recorder.spool:
            await self.writer.call(heartbeat.beat, self)
            await self.make_up_for_drops()
            await self.writer.call(adoption.adopt_orphans, conf.spool_dir(), self.recorder.spool.folder)
            patience = max(conf.get("LEASE_SECONDS") / 2, 2 * conf.get("HEARTBEAT_SECONDS"))
            if self.pulse.steady(time.monotonic(), patience):
                await self.writer.call(housekeeping.keep_house, UUID(self.id))

    async def make_up_for_drops(self) -> None:
        """End the connections that the database takes for open because their ends were dropped."""
        dropped = self.recorder.dropped
        if self.writer and dropped != self.made_up and await self.writer.drain() and await self.writer.drain():
            recorded = await self.writer.call(lost_processes.open_connections, UUID(self.id))
            # Asked in this order: what is opened meanwhile is in neither.
            forgotten = recorded - {UUID(one) for one in self.recorder.sockets}
            await self.writer.call(lost_processes.end_forgotten, forgotten)
            self.made_up = dropped

    async def stop(self) -> None:
        """End all open connections as ``server_shutdown`` and write them; waits for ``STOP_SECONDS`` at most."""
        if self.stopped is None:
            self.stopped = asyncio.ensure_future(self.drain())
        await asyncio.shield(self.stopped)

    async def drain(self) -> None:
        """Record the stop and carry everything into the database, or leave it in the spool and say so."""
        self.recorder.stop()
        for task in self.tasks:
            task.cancel()
        try:
            async with asyncio.timeout(conf.get("STOP_SECONDS")):
                await asyncio.gather(self.write_last(), self.say_goodbye())
        except Exception as error:  # an outage, or a database that hangs: the next start adopts the spool
            logger.error("Stopped before the record was written; the next start adopts it: %r", error)

    async def say_goodbye(self) -> None:
        """Call the hooks for the stop; one that fails holds nothing up."""
        for hook in stop_hooks:
            try:
                await hook(self)
            except Exception as error:  # as a channel layer that is gone, too
                self.complain("goodbye", error)

    async def write_last(self) -> None:
        """Write what is left, and that this process stopped in order."""
        # While sealed segments wait, the one in use is left open: it takes a second round.
        if self.writer and await self.writer.drain() and await self.writer.drain():
            await self.writer.call(self.sign_off)

    def sign_off(self) -> None:
        """Write that this process stopped in order, and leave its duties to the others."""
        heartbeat.end(self)
        leases.release(leases.HOUSEKEEPING, UUID(self.id))

    def close(self) -> None:
        """Record what came after the stop, or all of it where nothing else told of the stop, and let go."""
        self.recorder.stop()
        if self.writer and self.recorder.spool:
            # Where nothing told of the stop, nothing has signed off yet.
            if self.writer.writing and (self.stopped is None or self.recorder.spool.backlog()):
                self.recorder.guard(self.writer.drain_now)
                self.recorder.guard(self.sign_off)
            if self.syncer:
                self.syncer.stop()
            self.recorder.spool.close()
            self.recorder.spool = None


class Current:
    """The process that records now, or why none could be started."""

    process: Process | None = None
    fault: str = ""


def running(server: str = "") -> Process:
    """Return the process that records, started at the first call; needs a running event loop."""
    if Current.process is None:
        Current.process = Process(server or next((name for name in SERVERS if name in sys.modules), ""))
        Current.process.start()
    return Current.process


def recorder() -> Recorder | None:
    """Return the recorder; ``None`` where none could be started, which is logged once and breaks no socket."""
    if Current.process is not None and not Current.fault:
        return Current.process.recorder
    try:
        found = running().recorder
    except Exception as error:  # the promise: the recorder never breaks a socket
        if not Current.fault:
            logger.exception("Nothing is recorded: the record could not be started")
        Current.fault = str(error) or type(error).__name__
        return None
    Current.fault = ""
    return found


def current() -> Process | None:
    """Return the process that records, or ``None`` where none has started."""
    return Current.process


async def stop() -> None:
    """Stop recording in order."""
    if Current.process:
        await Current.process.stop()


def close() -> None:
    """Let go of the spool; what is left in it belongs to the next start."""
    process, Current.process = Current.process, None
    if process:
        process.close()


def forget() -> None:
    """Begin anew in a forked child: the parent's spool and event loop are not its own."""
    Current.process = None


def server_software(name: str) -> str:
    """Return a server's name with its version, as "daphne 4.2.3"; empty for a server not known here."""
    if not name or name not in sys.modules:
        return name
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return name
