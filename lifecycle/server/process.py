"""One running ASGI server process: its sockets, recorder, spool and writer, and its shutdown."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
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
#: Between two checks, one client can add about 1 MB of unsent pongs.
UNSENT_SECONDS = 1.0


class Process:
    """Owns the sockets, recorder, spool, writer and background jobs of one server process.

    ``lifecycle.server.current`` holds the only instance.
    """

    def __init__(self, server: str = "") -> None:
        """Prepare to record. ``server`` is the package name of the ASGI server, such as "daphne".

        Events are dropped until ``start`` has opened the spool.
        """
        self.identity = Identity(server_software(server))
        self.recorder = Recorder(self.identity.id, internal_endpoints=extensions.internal_endpoints)
        self.sockets = Sockets()
        self.jobs = Jobs()
        self.pulse = heartbeat.Pulse()
        self.adopter = adoption.Adopter()
        #: The types of the errors with which parts of the last heartbeat failed, by the name of the part.
        self.failing: dict[str, str] = {}
        self.writer: Writer | None = None
        self.fsyncer: Fsyncer | None = None
        #: The value of ``recorder.dropped`` at the last call of ``correct_dropped_ends`` that succeeded.
        self.corrected_drops = 0
        self.stopped: asyncio.Future[None] | None = None
        #: Whether the database knows that this process was shut down cleanly.
        self.signed_off = False

    @property
    def uuid(self) -> UUID:
        """Return the process's ID as a ``UUID``, the type of its database column."""
        return UUID(self.identity.id)

    def start(self) -> None:
        """Open the spool, start the background jobs on the running event loop, and call the start hooks."""
        self.recorder.guard(self.open_spool)
        self.jobs.every(conf.get("HEARTBEAT_SECONDS"), self.beat, "heartbeat")
        self.jobs.every(SWEEP_SECONDS, self.sweep, "sweep")
        self.jobs.every(UNSENT_SECONDS, self.drop_unread, "check of unsent bytes")
        for hook in extensions.tick_hooks:
            self.jobs.every(extensions.TICK_SECONDS, functools.partial(hook, self), hook.__name__)
        for started in extensions.start_hooks:
            self.recorder.guard(started)

    def open_spool(self) -> None:
        """Open this process's spool, and start the writer that moves its events to the database."""
        seconds = conf.get("SYNC_SECONDS")
        spool = Spool(conf.spool_dir() / self.identity.id, conf.get("SPOOL_MAX_BYTES"), synced=bool(seconds))
        self.writer = Writer(spool, self.recorder)
        self.jobs.start(self.writer.run(), "writer")
        if seconds:
            self.fsyncer = Fsyncer(spool, seconds)
        self.recorder.spool = spool

    async def sweep(self) -> None:
        """Record slow handshakes, and record the ends of ghosts.

        This is a separate job, because the heartbeat waits for the database.
        """
        self.sockets.sweep()

    async def drop_unread(self) -> None:
        """End the status and dashboard connections whose clients do not read."""
        self.sockets.bounded.sweep()

    async def beat(self) -> None:
        """Renew the lease; write the ends that are missing for connections of this process and of dead processes.

        If the spool could not be opened earlier, try to open it first.
        """
        if self.recorder.spool is None:
            self.open_spool()
        if self.writer and self.recorder.spool:
            await self.writer.call(heartbeat.beat, self.identity, self.pulse.is_first)
            if self.recorder.spool.refused:
                await self.writer.call(self.recorder.spool.check)
            await self.correct_dropped_ends()
            await self.attempt(
                "adoption", self.adopter.adopt_orphans, conf.spool_dir(), self.recorder.spool.folder
            )
            lost, self.adopter.lost = self.adopter.lost, 0
            self.recorder.dropped += lost
            settled_after = max(conf.get("LEASE_SECONDS") / 2, 2 * conf.get("HEARTBEAT_SECONDS"))
            if self.pulse.steady(time.monotonic(), settled_after):
                await self.attempt("housekeeping", housekeeping.keep_house, self.uuid)

    async def attempt(self, name: str, function: Callable[..., object], *args: object) -> None:
        """Call a part of the heartbeat; a failure is noted and does not affect the other parts."""
        if self.writer is None:
            return
        try:
            await self.writer.call(function, *args)
        except Exception as error:  # a failed part must not end the heartbeat
            self.failing[name] = type(error).__name__
            self.jobs.failed(name, error)
        else:
            self.failing.pop(name, None)
            self.jobs.succeeded(name)

    async def correct_dropped_ends(self) -> None:
        """End the connections that are still open in the database because their ``end`` events were dropped."""
        dropped = self.recorder.dropped
        if self.writer and dropped != self.corrected_drops and await self.writer.drain_fully():
            recorded = await self.writer.call(lost_processes.open_connections, self.uuid)
            # Read the sockets after the database: a connection that opens in between must not count as forgotten.
            forgotten = recorded - {UUID(connection_id) for connection_id in self.sockets.open}
            await self.writer.call(lost_processes.end_forgotten, forgotten)
            self.corrected_drops = dropped

    async def stop(self) -> None:
        """Record the end of all open connections (cause ``server_shutdown``), and write all events.

        Waits at most ``STOP_SECONDS``.
        """
        if self.stopped is None:
            self.stopped = asyncio.ensure_future(self.stop_once())
        await asyncio.shield(self.stopped)

    async def stop_once(self) -> None:
        """Record the end of each socket, then write all events; log a failure and leave the rest in the spool."""
        self.sockets.stop()
        self.jobs.cancel()
        try:
            async with asyncio.timeout(conf.get("STOP_SECONDS")):
                await asyncio.gather(self.write_last(), self.call_stop_hooks())
        except Exception as error:  # a database that is down or hangs
            logger.error("Stopped before all events were written; the next start writes the rest: %r", error)

    async def call_stop_hooks(self) -> None:
        """Call the stop hooks; a hook that fails does not prevent the others from running."""
        for hook in extensions.stop_hooks:
            try:
                await hook(self)
            except Exception as error:  # for example, Redis is down
                self.jobs.failed("stop hook", error)

    async def write_last(self) -> None:
        """Write the remaining events, then record that this process was shut down cleanly."""
        if self.writer and await self.writer.drain_fully():
            await self.writer.call(self.sign_off)

    def sign_off(self) -> None:
        """Record that this process was shut down cleanly, and release its housekeeping lease."""
        heartbeat.end(self.identity)
        leases.release(leases.HOUSEKEEPING, self.uuid)
        self.signed_off = True

    def close(self) -> None:
        """Record the end of the sockets that are still open, write the remaining events, and close the spool.

        If the database does not answer, the process that adopts the spool records the clean stop of this process.
        """
        self.sockets.stop()
        spool = self.recorder.spool
        if self.writer and spool:
            if not self.signed_off:
                # First, because a hanging database may keep this process until it is killed.
                spool.note_stop(time.time())
            # If ``stop`` has not run, ``sign_off`` is still due, even if no event is left.
            if self.writer.writing and (self.stopped is None or spool.backlog()):
                self.recorder.guard(self.writer.drain_now)
                self.recorder.guard(self.sign_off)
            if self.fsyncer:
                self.fsyncer.stop()
            spool.close(keep=not self.signed_off)
            self.recorder.spool = None
