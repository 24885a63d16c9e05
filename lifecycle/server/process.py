"""One running ASGI server process: its sockets, recorder, spool and writer, and its shutdown."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from lifecycle import conf
from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.record.fsync import Fsyncer
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool
from lifecycle.record.writer import Writer, call_on
from lifecycle.server import adoption, extensions, heartbeat, housekeeping, leases, lost_processes
from lifecycle.server.housekeeping import UPKEEP_SECONDS, Upkeep
from lifecycle.server.identity import Identity, server_software
from lifecycle.server.jobs import Job, Jobs
from lifecycle.server.sockets import Sockets

logger = logging.getLogger("lifecycle")
SWEEP_SECONDS = 2.0
#: Between two checks, one client can add about 1 MB of unsent pongs.
UNSENT_SECONDS = 1.0
#: The housekeeping waits this many seconds for an adoption that has just begun.
ADOPTION_SECONDS = 1.0


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
        self.upkeep = Upkeep()
        #: The number of ``adopter.lost`` events that ``recorder.dropped`` contains.
        self.counted_losses = 0
        #: The thread of the adoption.
        self.adoption: DaemonThreadExecutor | None = None
        #: Whether the heartbeats have been regular.
        self.steady = False
        #: The types of the errors with which parts of the last heartbeat failed, by the name of the part.
        self.failing: dict[str, str] = {}
        self.writer: Writer | None = None
        self.fsyncer: Fsyncer | None = None
        #: The value of ``recorder.dropped`` at the last call of ``correct_dropped_ends`` that succeeded.
        self.corrected_drops = 0
        self.stopped: asyncio.Future[None] | None = None
        #: Whether ``stop`` could not write all events in time; the next start writes the rest.
        self.unfinished = False
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
        self.jobs.every(UPKEEP_SECONDS, functools.partial(self.upkeep.run, self.uuid), "upkeep")
        self.jobs.every(UNSENT_SECONDS, self.drop_unread, "check of unsent bytes")
        for hook in extensions.tick_hooks:
            self.jobs.every(extensions.TICK_SECONDS, functools.partial(hook, self), hook.__name__)
        for started in extensions.start_hooks:
            self.recorder.guard(started)

    def open_spool(self) -> None:
        """Open this process's spool, and start the writer that moves its events to the database."""
        seconds = conf.get("SYNC_SECONDS")
        spool = Spool(conf.spool_dir() / self.identity.id, conf.get("SPOOL_MAX_BYTES"), synced=bool(seconds))
        try:
            writer = Writer(spool, self.recorder)
            self.fsyncer = Fsyncer(spool, seconds) if seconds else None
        except BaseException:  # for example, no thread can be started
            spool.close()
            raise
        self.writer, self.recorder.spool = writer, spool
        self.jobs.start(writer.run(), "writer")

    async def sweep(self) -> None:
        """Record slow handshakes, and record the ends of ghosts.

        This is a separate job, because the heartbeat waits for the database.
        """
        self.sockets.sweep()

    async def drop_unread(self) -> None:
        """End the status and dashboard connections whose clients do not read."""
        self.sockets.bounded.sweep()

    async def beat(self) -> None:
        """Renew the lease, then start the work that follows each heartbeat, without waiting for it.

        That work may wait for a large spool, a slow disk or a large table. Each part is a task of its own, and is
        not started again before it has finished.
        """
        await self.renew()
        self.adopter.log_hanging()
        self.count_losses()
        for name, part in self.parts().items():
            self.jobs.begin(part, name)

    async def renew(self) -> None:
        """Renew the lease. If the spool could not be opened earlier, try to open it first."""
        if self.recorder.spool is None:
            self.open_spool()
        if self.writer:
            await self.writer.call_at_once(heartbeat.beat, self.identity, self.pulse.is_first)
            self.steady = self.pulse.steady(time.monotonic(), settling_seconds())

    def parts(self) -> dict[str, Job]:
        """Return the work that follows each heartbeat."""
        parts: dict[str, Job] = {
            "check of the spool": self.check_spool,
            "correction of ends": self.correct_dropped_ends,
            "adoption": self.adopt,
        }
        return {**parts, "housekeeping": self.keep_house} if self.steady else parts

    async def check_spool(self) -> None:
        """Find out whether the disk takes events again, if it refused one."""
        if self.writer and self.writer.spool.refused:
            await self.writer.call(self.writer.spool.check)

    async def adopt(self) -> None:
        """Adopt spools on a thread of their own, so a large spool or a folder that hangs delays nothing else."""
        if self.adoption is None:
            self.adoption = DaemonThreadExecutor("lifecycle-adoption")
        own = conf.spool_dir() / self.identity.id
        call = functools.partial(call_on, self.adoption)
        await self.attempt("adoption", self.adopter.adopt_on_thread, conf.spool_dir(), own, call=call)
        self.count_losses()

    def count_losses(self) -> None:
        """Count the lost events of adopted spools as dropped by this process."""
        lost = self.adopter.lost
        self.recorder.dropped += lost - self.counted_losses
        self.counted_losses = lost

    async def keep_house(self) -> None:
        """Do the housekeeping, after the adoption: true ends in a spool come before estimates.

        A spool that was tried before, or in which the adoption hangs, does not delay the housekeeping.
        """
        await self.jobs.wait_for("adoption", ADOPTION_SECONDS)
        if not self.adopter.is_busy():
            self.upkeep.is_ours = bool(await self.attempt("housekeeping", self.keep_house_now))

    def keep_house_now(self) -> bool:
        """Do the housekeeping if the last heartbeat is recent.

        Otherwise this call has waited for a database that hung, and the heartbeats of all processes are old.
        """
        return self.pulse.is_recent(time.monotonic(), settling_seconds()) and housekeeping.keep_house(self.uuid)

    async def attempt(
        self,
        name: str,
        function: Callable[..., object],
        *args: object,
        call: Callable[..., Awaitable[object]] | None = None,
    ) -> object:
        """Call a part of the heartbeat, and return its result.

        A failure is noted and does not affect the other parts; the result is then ``None``.
        ``call`` calls it on another thread than the writer's.
        """
        if self.writer is None:
            return None
        try:
            result = await (call or self.writer.call)(function, *args)
        except Exception as error:  # a failed part must not end the heartbeat
            self.failing[name] = type(error).__name__
            self.jobs.failed(name, error)
            return None
        self.failing.pop(name, None)
        self.jobs.succeeded(name)
        return result

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
        self.recorder.refusals.flush()
        self.jobs.cancel()
        try:
            async with asyncio.timeout(conf.get("STOP_SECONDS")):
                await asyncio.gather(self.write_last(), self.call_stop_hooks())
        except Exception as error:  # a database that is down or hangs
            self.unfinished = self.recorder.backlog() > 0
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
        self.recorder.refusals.flush()
        if self.writer and spool:
            if not self.signed_off:
                # First, because a hanging database may keep this process until it is killed.
                spool.note_stop(time.time())
            # If ``stop`` has not run, ``sign_off`` is still due, even if no event is left.
            due = self.stopped is None or (spool.backlog() and not self.unfinished)
            if self.writer.writing and due:
                self.recorder.guard(self.writer.drain_now)
                self.recorder.guard(self.sign_off)
            if self.fsyncer:
                self.fsyncer.stop()
            spool.close(keep=not self.signed_off)
            self.recorder.spool = None


def settling_seconds() -> float:
    """Return for how many seconds the heartbeats must have been regular before others are declared lost."""
    return max(conf.get("LEASE_SECONDS") / 2, 2 * conf.get("HEARTBEAT_SECONDS"))
