"""Writes the spool to the database in batches, on a separate thread with its own database connection.

A second thread with a second connection makes the calls that must not wait for the writing: the heartbeats.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from channels.db import database_sync_to_async
from django.db import connections

from lifecycle import conf
from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.record import store
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool

T = TypeVar("T")
logger = logging.getLogger("lifecycle")
#: A database call that makes no progress for longer than this many seconds counts as hanging.
HANGING_SECONDS = 5.0
#: The fixed cost of a batch equals the cost of several dozen rows. So if more than ``FEW_EVENTS`` events are
#: waiting, the writer waits for a larger batch, for at most ``BUSY_FACTOR * FLUSH_SECONDS``.
FEW_EVENTS = 16
BUSY_FACTOR = 4


class Writer:
    """Writes the sealed segments of a spool, oldest first, and deletes each segment after its commit."""

    def __init__(self, spool: Spool, recorder: Recorder) -> None:
        """Start the threads. Events that the database refuses are counted in ``recorder.dropped``."""
        self.spool = spool
        self.recorder = recorder
        self.executor = DaemonThreadExecutor("lifecycle-writer")
        self.urgent = DaemonThreadExecutor("lifecycle-heartbeat")
        self.draining = asyncio.Lock()
        self.drained_at = time.monotonic()
        self.last_write: float | None = None
        self.outage: str | None = None
        #: Why the spool cannot be used; the database may work.
        self.spool_fault: str | None = None
        #: The number of lost events in the current batch: damaged, refused by the database, or deleted from disk.
        self.lost = 0

    @property
    def writing(self) -> bool:
        """Return whether the last write succeeded and no database call hangs."""
        hanging = any(one.hangs(HANGING_SECONDS) for one in (self.executor, self.urgent))
        return self.outage is None and not hanging

    async def run(self) -> None:
        """Write batches until the task is cancelled."""
        while True:
            await self.wait_for_work()
            await asyncio.sleep(conf.get("FLUSH_SECONDS"))
            if self.is_due():
                await self.drain()

    async def wait_for_work(self) -> None:
        """Wait until there is work, without polling, so an idle process does not wake up."""
        if self.has_work():
            return
        woken, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            # Events can be appended on any thread, even after the event loop has been closed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        self.spool.sleepers.append(wake)
        # If an event was appended before the callback was registered, it did not call the callback.
        if not self.has_work():
            await woken.wait()

    def has_work(self) -> bool:
        """Return whether events are waiting, an outage has not ended, or the spool has to be restored."""
        return bool(self.spool.backlog() or self.outage or self.spool_fault or self.spool.gone)

    def is_due(self) -> bool:
        """Return whether to write now; the writer waits for larger batches unless the spool is filling up."""
        waiting = self.spool.backlog()
        if waiting > FEW_EVENTS and not self.spool.is_filling():
            return time.monotonic() - self.drained_at >= BUSY_FACTOR * conf.get("FLUSH_SECONDS")
        return self.has_work()

    async def drain(self) -> bool:
        """Write all segments, including the open segment if it can be sealed; return whether that succeeded."""
        self.drained_at = time.monotonic()
        try:
            async with self.draining:
                if self.spool.backlog() or self.spool.gone:
                    for path in await self.call(self.write_oldest):
                        # One call each, so that other calls on this thread need not wait for all segments.
                        await self.call(self.write, path)
        except OSError as error:  # an error of the disk; Django's database errors are not OSErrors
            self.spool_failed(error)
            return False
        except Exception as error:  # any error of the database: the events stay in the spool
            self.failed(error)
            return False
        finally:
            lost, self.lost = self.lost, 0
            self.recorder.dropped += lost
        self.recovered()
        return True

    async def drain_fully(self) -> bool:
        """Write all events in the spool, including those in the open segment; return whether that succeeded.

        This takes two rounds. While sealed segments wait, for example after an outage, ``Spool.seal`` does not
        seal the open segment. So the first round writes only the sealed segments, and the second round writes the
        open segment.
        """
        return await self.drain() and await self.drain()

    def write_oldest(self) -> list[Path]:
        """Seal the open segment of the spool, write the oldest segment, and return the others.

        The calling thread waits for the disk and the database."""
        if not self.spool.gone and not self.spool.folder.exists():
            logger.error("The spool %s was deleted by another program; creating it again", self.spool.folder)
            self.lost += self.spool.forget()
        if self.spool.gone:
            self.spool.restore()
        sealed = self.spool.seal()
        if sealed:
            self.write(sealed[0])
        return sealed[1:]

    def write(self, path: Path) -> None:
        """Write one segment to the database, and delete it; count its events that are lost."""
        try:
            self.lost += store.write_segment(path, self.executor.progressed)
        except FileNotFoundError as error:
            logger.error("A segment of the spool was deleted by another program: %s", error)
            # At exit, two threads may write the same segment; the other one has counted it.
            self.lost += self.spool.events.get(path, 0)
        self.spool.discard(path)
        self.last_write = time.time()

    async def call(self, function: Callable[..., T], *args: object) -> T:
        """Call a function on the writer's thread, with the writer's database connection."""
        return await call_on(self.executor, keep_connection_open, function, *args)

    async def call_at_once(self, function: Callable[..., T], *args: object) -> T:
        """Call a function on the second thread, which never writes segments, with its own database connection."""
        return await call_on(self.urgent, keep_connection_open, function, *args)

    def drain_now(self) -> None:
        """Write all events in the spool on the calling thread, for a process that is exiting."""
        while self.spool.backlog():
            for path in self.write_oldest():
                self.write(path)

    def failed(self, error: Exception) -> None:
        """Set ``outage`` to the error; log only the first error of an outage."""
        self.spool_recovered()
        if self.outage is None:
            logger.error("Cannot write to the database; events are kept in %s: %s", self.spool.folder, error)
        self.outage = str(error) or type(error).__name__

    def spool_failed(self, error: OSError) -> None:
        """Set ``spool_fault`` to the error; log only the first error until the spool can be used again."""
        if self.spool_fault is None:
            logger.error("The spool %s cannot be used: %s", self.spool.folder, error)
        self.spool_fault = str(error) or type(error).__name__

    def spool_recovered(self) -> None:
        """Clear ``spool_fault`` after the spool was read; log that it can be used again."""
        if self.spool_fault is not None:
            logger.warning("The spool %s can be used again", self.spool.folder)
        self.spool_fault = None

    def recovered(self) -> None:
        """Clear ``outage`` after a successful write; log the end of an outage."""
        self.spool_recovered()
        if self.outage is not None:
            logger.warning("The database can be written to again")
        self.outage = None


async def call_on(executor: DaemonThreadExecutor, function: Callable[..., T], *args: object) -> T:
    """Call a function on the thread of an executor, with the thread's database connection."""
    return await database_sync_to_async(function, thread_sensitive=False, executor=executor)(*args)


def keep_connection_open(function: Callable[..., T], *args: object) -> T:
    """Call a function, and keep the thread's database connection open regardless of ``CONN_MAX_AGE``.

    ``database_sync_to_async`` still closes a connection that has become unusable.
    """
    try:
        return function(*args)
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_at = None
