"""Carries the spool into the database, in batches, on a thread and a database connection of its own."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from channels.db import database_sync_to_async
from django.db import connections

from lifecycle import conf
from lifecycle.record import store
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool

T = TypeVar("T")
logger = logging.getLogger("lifecycle")
#: Seconds after which a write that has not returned is called hanging.
HANGING_SECONDS = 5.0
#: A batch costs by itself as much as some dozens of rows. So where more than a few events wait, they wait for more
#: of them, for this many times ``FLUSH_SECONDS`` in all.
FEW_EVENTS = 16
BUSY_FACTOR = 4


class WriterThread(Executor):
    """One daemon thread: a database that hangs must not keep the process from stopping."""

    def __init__(self, name: str = "lifecycle-writer") -> None:
        """Start the thread."""
        #: When the call began that is running now; of the monotonic clock.
        self.began: float | None = None
        self.work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        threading.Thread(target=self.serve, name=name, daemon=True).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 - as Executor
        """Run a call on the thread, after those before it."""
        future: Future[T] = Future()
        self.work.put((future, lambda: fn(*args, **kwargs)))
        return future

    def serve(self) -> None:
        """Run calls, one after the other, for as long as the process lives."""
        while True:
            future, call = self.work.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self.run(call))
            except BaseException as error:  # the caller's, to be raised where the result is awaited
                let_go(error)
                future.set_exception(error)

    def run(self, call: Callable[[], T]) -> T:
        """Run one call, and note since when."""
        self.began = time.monotonic()
        try:
            return call()
        finally:
            self.began = None


def let_go(error: BaseException | None) -> None:
    """Forget what the functions that an error came through held: cursors, which belong to the thread that calls.

    Else the garbage collector would close them, on whichever thread it runs. On that of the event loop it would
    wait for SQLite to finish what it does for this thread, which may be to wait for a lock.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


class Writer:
    """Writes sealed segments, oldest first, and deletes each once its transaction is committed."""

    def __init__(self, spool: Spool, recorder: Recorder) -> None:
        """Write ``spool``; ``recorder`` counts what no database would take."""
        self.spool = spool
        self.recorder = recorder
        self.thread = WriterThread()
        self.turn = asyncio.Lock()
        self.drained_at = time.monotonic()
        self.last_write: float | None = None
        self.outage: str | None = None
        #: Events of the batch at work that no database would take.
        self.lost = 0

    @property
    def writing(self) -> bool:
        """Tell whether the database takes the record: it neither refuses nor hangs."""
        began = self.thread.began
        hanging = began is not None and time.monotonic() - began > HANGING_SECONDS
        return self.outage is None and not hanging

    async def run(self) -> None:
        """Write for as long as the process runs."""
        while True:
            await self.rest()
            await asyncio.sleep(conf.get("FLUSH_SECONDS"))
            if self.is_due():
                await self.drain()

    async def rest(self) -> None:
        """Wait until there is anything to do: a loop that wakes for nothing costs, too."""
        if self.has_work():
            return
        woken, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            # Events may come from any thread, and the last ones when the loop has ended.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(woken.set)

        self.spool.sleepers.append(wake)
        # What was appended since has woken nobody.
        if not self.has_work():
            await woken.wait()

    def has_work(self) -> bool:
        """Tell whether anything waits to be written, or to be put right."""
        return bool(self.spool.backlog() or self.outage or self.spool.gone)

    def is_due(self) -> bool:
        """Tell whether there is anything to write, and a batch is worth it by now."""
        waiting = self.spool.backlog()
        if waiting > FEW_EVENTS and not self.spool.is_filling():
            return time.monotonic() - self.drained_at >= BUSY_FACTOR * conf.get("FLUSH_SECONDS")
        return self.has_work()

    async def drain(self) -> bool:
        """Write all that the spool holds now; ``False`` where the database did not take it."""
        self.drained_at = time.monotonic()
        try:
            async with self.turn:
                if self.spool.backlog() or self.spool.gone:
                    await self.call(self.write_all)
        except Exception as error:  # whatever the database or disk says: the events stay in the spool
            self.failed(error)
            return False
        finally:
            lost, self.lost = self.lost, 0
            self.recorder.dropped += lost
        self.recovered()
        return True

    async def drain_fully(self) -> bool:
        """Write everything that the spool holds now; return whether the database took it.

        This takes two rounds: while sealed segments wait, the first round leaves the open segment alone.
        """
        return await self.drain() and await self.drain()

    def write_all(self) -> None:
        """Seal, write and discard, on the thread that calls: files are opened and deleted at the disk's pace."""
        if not self.spool.folder.exists():
            logger.error("The spool %s has been deleted by somebody else, and is begun anew", self.spool.folder)
            self.lost += self.spool.forget()
        if self.spool.gone:
            self.spool.restore()
        for path in self.spool.seal():
            self.lost += self.write(path)
            self.spool.discard(path)
            self.last_write = time.time()

    def write(self, path: Path) -> int:
        """Write one segment and return how many of its events are lost."""
        try:
            return store.write_segment(path)
        except FileNotFoundError as error:
            logger.error("A segment of the spool has been deleted by somebody else: %s", error)
            return self.spool.events[path]

    async def call(self, function: Callable[..., T], *args: object) -> T:
        """Call a function that uses the database on the writer's thread."""
        call = database_sync_to_async(kept_open, thread_sensitive=False, executor=self.thread)
        return await call(function, *args)

    def drain_now(self) -> None:
        """Write all that the spool holds from the calling thread; for the last moments of a process."""
        while self.spool.backlog():
            self.write_all()

    def failed(self, error: Exception) -> None:
        """Note an outage; it is logged once, however long it lasts."""
        if self.outage is None:
            logger.error("The database does not take the record, which waits in %s: %s", self.spool.folder, error)
        self.outage = str(error) or type(error).__name__

    def recovered(self) -> None:
        """Note that the database takes the record again."""
        if self.outage is not None:
            logger.warning("The database takes the record again")
        self.outage = None


def kept_open(function: Callable[..., T], *args: object) -> T:
    """Call a function and keep its thread's database connection for the next one, whatever ``CONN_MAX_AGE`` says.

    One that failed is closed all the same, by ``database_sync_to_async``.
    """
    try:
        return function(*args)
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_at = None
