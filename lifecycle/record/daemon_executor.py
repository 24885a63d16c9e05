"""An executor with one daemon thread, for calls into a database that may hang."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class DaemonThreadExecutor(Executor):
    """Runs calls one after the other on a daemon thread, so that a hanging call cannot delay the process's exit.

    ``ThreadPoolExecutor`` joins its threads when the interpreter exits.
    """

    def __init__(self, name: str) -> None:
        """Start the thread, which lives as long as the process."""
        #: When the running call began, on the monotonic clock; ``None`` while no call runs.
        self.began: float | None = None
        self.work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        threading.Thread(target=self.serve, name=name, daemon=True).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 - as Executor
        """Run a call on the thread, after the calls submitted before it."""
        future: Future[T] = Future()
        self.work.put((future, lambda: fn(*args, **kwargs)))
        return future

    def serve(self) -> None:
        """Run the submitted calls for as long as the process lives."""
        while True:
            future, call = self.work.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self.run(call))
            except BaseException as error:  # raised again where the result is awaited
                release_frames(error)
                future.set_exception(error)

    def run(self, call: Callable[[], T]) -> T:
        """Run one call and keep ``began`` up to date."""
        self.began = time.monotonic()
        try:
            return call()
        finally:
            self.began = None


def release_frames(error: BaseException | None) -> None:
    """Clear the local variables in the tracebacks of an error and its causes.

    They hold database cursors, which belong to this thread. Otherwise the garbage collector would close them on
    whichever thread it happens to run. On the event loop's thread it would then wait for SQLite, which may itself
    be waiting for a lock on behalf of this thread.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
