"""One running ASGI server process: its sockets, recorder, spool and writer, and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from uuid import UUID

from lifecycle import conf
from lifecycle.record.fsync import Fsyncer
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool
from lifecycle.record.writer import Writer
from lifecycle.server import adoption, extensions, heartbeat, housekeeping, leases, lost_processes
from lifecycle.server.identity import Identity, server_software
from lifecycle.server.jobs import Jobs
from lifecycle.server.sockets import Sockets

logger = logging.getLogger("lifecycle")
SWEEP_SECONDS = 2.0


class Process:
    """Owns everything that one server process needs to record; ``lifecycle.server.current`` holds the only one."""

    def __init__(self, server: str = "") -> None:
        """Prepare to record for a server such as "daphne"; events are dropped until ``start`` opens the spool."""
        self.identity = Identity(server_software(server))
        self.recorder = Recorder(self.identity.id, internal_endpoints=extensions.internal_endpoints)
        self.sockets = Sockets()
        self.jobs = Jobs()
        self.pulse = heartbeat.Pulse()
        self.writer: Writer | None = None
        self.fsyncer: Fsyncer | None = None
        #: ``recorder.dropped`` when the ends among the dropped events were last corrected in the database.
        self.corrected_drops = 0
        self.stopped: asyncio.Future[None] | None = None

    @property
    def uuid(self) -> UUID:
        """Return the process's id as the database takes it."""
        return UUID(self.identity.id)

    def start(self) -> None:
        """Open the spool and start the background jobs on the running event loop."""
        self.recorder.guard(self.open_spool)
        self.jobs.every(conf.get("HEARTBEAT_SECONDS"), self.beat, "heartbeat")
        self.jobs.every(SWEEP_SECONDS, self.sweep, "sweep")
        for hook in extensions.tick_hooks:
            self.jobs.every(extensions.TICK_SECONDS, functools.partial(hook, self), hook.__name__)

    def open_spool(self) -> None:
        """Open this process's spool, and start to write it to the database."""
        seconds = conf.get("SYNC_SECONDS")
        spool = Spool(conf.spool_dir() / self.identity.id, conf.get("SPOOL_MAX_BYTES"), synced=bool(seconds))
        self.writer = Writer(spool, self.recorder)
        self.jobs.start(self.writer.run(), "writer")
        if seconds:
            self.fsyncer = Fsyncer(spool, seconds)
        self.recorder.spool = spool

    async def sweep(self) -> None:
        """Look for ghosts; this does not wait for the database, as the heartbeat does."""
        self.sockets.sweep()

    async def beat(self) -> None:
        """Renew the lease, and correct the record of processes that were lost."""
        if self.recorder.spool is None:
            self.open_spool()
        if self.writer and self.recorder.spool:
            await self.writer.call(heartbeat.beat, self.identity)
            await self.correct_dropped_ends()
            await self.writer.call(adoption.adopt_orphans, conf.spool_dir(), self.recorder.spool.folder)
            patience = max(conf.get("LEASE_SECONDS") / 2, 2 * conf.get("HEARTBEAT_SECONDS"))
            if self.pulse.steady(time.monotonic(), patience):
                await self.writer.call(housekeeping.keep_house, self.uuid)

    async def correct_dropped_ends(self) -> None:
        """End the connections that are open in the database because the events of their ends were dropped."""
        dropped = self.recorder.dropped
        if self.writer and dropped != self.corrected_drops and await self.writer.drain_fully():
            recorded = await self.writer.call(lost_processes.open_connections, self.uuid)
            # Read after the database: a connection that opened in between is in neither set.
            forgotten = recorded - {UUID(one) for one in self.sockets.open}
            await self.writer.call(lost_processes.end_forgotten, forgotten)
            self.corrected_drops = dropped

    async def stop(self) -> None:
        """End all open connections as ``server_shutdown`` and write them; waits at most ``STOP_SECONDS``."""
        if self.stopped is None:
            self.stopped = asyncio.ensure_future(self.stop_once())
        await asyncio.shield(self.stopped)

    async def stop_once(self) -> None:
        """Record the stop and write everything to the database, or leave it in the spool and log that."""
        self.sockets.stop()
        self.jobs.cancel()
        try:
            async with asyncio.timeout(conf.get("STOP_SECONDS")):
                await asyncio.gather(self.write_last(), self.call_stop_hooks())
        except Exception as error:  # an outage, or a database that hangs: the next start adopts the spool
            logger.error("Stopped before the record was written; the next start adopts it: %r", error)

    async def call_stop_hooks(self) -> None:
        """Call the hooks for the stop; a failure of one does not keep the others from running."""
        for hook in extensions.stop_hooks:
            try:
                await hook(self)
            except Exception as error:  # for example, a channel layer that is gone
                self.jobs.log_once("stop hook", error)

    async def write_last(self) -> None:
        """Write what is left, and that this process stopped in order."""
        if self.writer and await self.writer.drain_fully():
            await self.writer.call(self.sign_off)

    def sign_off(self) -> None:
        """Write that this process stopped in order, and give up its lease on the housekeeping."""
        heartbeat.end(self.identity)
        leases.release(leases.HOUSEKEEPING, self.uuid)

    def close(self) -> None:
        """Record what came after the stop, or everything if there was no stop, and close the spool."""
        self.sockets.stop()
        if self.writer and self.recorder.spool:
            # Without a stop, nothing has signed off yet.
            if self.writer.writing and (self.stopped is None or self.recorder.spool.backlog()):
                self.recorder.guard(self.writer.drain_now)
                self.recorder.guard(self.sign_off)
            if self.fsyncer:
                self.fsyncer.stop()
            self.recorder.spool.close()
            self.recorder.spool = None
