"""An executor with one daemon thread, for database calls that may hang."""

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
    """Runs calls one at a time on a daemon thread, so a hanging call cannot delay the exit of the process.

    ``ThreadPoolExecutor`` is not used because it joins its threads when the interpreter exits.
    """

    def __init__(self, name: str) -> None:
        """Start a thread called ``name``, which runs until the process exits."""
        #: The start or the last progress of the running call on the monotonic clock; ``None`` if no call runs.
        self.began: float | None = None
        self.work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        threading.Thread(target=self.serve, name=name, daemon=True).start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 - as Executor
        """Run a call on the thread, after all calls that were submitted earlier."""
        future: Future[T] = Future()
        self.work.put((future, lambda: fn(*args, **kwargs)))
        return future

    def serve(self) -> None:
        """Run the submitted calls until the process exits."""
        while True:
            future, call = self.work.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self.run(call))
            except BaseException as error:  # Future.result raises it again in its caller
                release_frames(error)
                future.set_exception(error)

    def run(self, call: Callable[[], T]) -> T:
        """Run a call; ``began`` is set while it is running."""
        self.began = time.monotonic()
        try:
            return call()
        finally:
            self.began = None

    def progressed(self) -> None:
        """Note, on the thread, that the running call does not hang."""
        if self.began is not None:
            self.began = time.monotonic()

    def hangs(self, seconds: float) -> bool:
        """Return whether the running call has made no progress for more than ``seconds``."""
        began = self.began
        return began is not None and time.monotonic() - began > seconds


def release_frames(error: BaseException | None) -> None:
    """Clear the local variables in the tracebacks of an error and its causes.

    The variables refer to database cursors, which only this thread should close. If they were kept, the garbage
    collector could close the cursors on any thread. On the event loop's thread, that would block the loop while
    SQLite waits for a lock on behalf of this thread.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
