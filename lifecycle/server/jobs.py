"""The background tasks of a process. Each repeats one job, and continues after a failure of the job."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

logger = logging.getLogger("lifecycle")
Job = Callable[[], Awaitable[None]]


class Jobs:
    """Tasks on the running event loop; a task that hangs does not delay the others."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        #: The failures that have been logged, as job name and exception type.
        self.logged: set[str] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a coroutine in a separate task."""
        self.tasks.append(asyncio.create_task(work, name=f"lifecycle-{name}"))

    def every(self, seconds: float, job: Job, name: str) -> None:
        """Repeat a job, with a pause of ``seconds`` after each run."""
        self.start(self.repeat(seconds, job, name), name)

    async def repeat(self, seconds: float, job: Job, name: str) -> None:
        """Repeat a job until cancelled; a failure is logged, and the job runs again after the pause."""
        while True:
            try:
                await job()
            except Exception as error:  # a failed run must not end the job
                self.log_once(name, error)
            await asyncio.sleep(seconds)

    def log_once(self, name: str, error: Exception) -> None:
        """Log a failure of a job, once per type of exception."""
        kind = f"{name} {type(error).__name__}"
        if kind not in self.logged:
            self.logged.add(kind)
            logger.error("The monitor's %s failed (later failures of this kind are not logged): %r", name, error,
                         exc_info=error)  # fmt: skip

    def cancel(self) -> None:
        """Cancel every task."""
        for task in self.tasks:
            task.cancel()
