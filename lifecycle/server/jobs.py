"""The background tasks of a process. Each task repeats one job, and continues if the job fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from lifecycle.outages import Outage

#: A run that returns ``False`` had nothing to do: it is neither a success nor a failure.
Job = Callable[[], Awaitable[bool | None]]
#: An outage of a job ends with its first success this many seconds after the last failure.
QUIET_SECONDS = 3.0


class Jobs:
    """Tasks on the running event loop; a task that hangs does not delay the others."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        #: The last task of each job that was started by ``begin``.
        self.begun: dict[str, asyncio.Task[None]] = {}
        #: The outages of the jobs that have failed, by the name of the job.
        self.outages: dict[str, Outage] = {}

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a coroutine in a separate task."""
        self.tasks.append(asyncio.create_task(work, name=f"lifecycle-{name}"))

    def every(self, seconds: float, job: Job, name: str) -> None:
        """Repeat a job, with a pause of ``seconds`` after each run."""
        self.start(self.repeat(seconds, job, name), name)

    async def repeat(self, seconds: float, job: Job, name: str) -> None:
        """Repeat a job until cancelled; a failure is logged, and the job runs again after the pause."""
        while True:
            await self.run(job, name)
            await asyncio.sleep(seconds)

    async def run(self, job: Job, name: str) -> None:
        """Run a job once; a failure is logged."""
        try:
            worked = await job()
        except Exception as error:  # a failed run must not end the job
            self.failed(name, error)
        else:
            if worked is not False:
                self.succeeded(name)

    def begin(self, job: Job, name: str) -> None:
        """Run a job once in a separate task, unless its last run has not finished."""
        last = self.begun.get(name)
        if last is None or last.done():
            self.begun[name] = asyncio.create_task(self.run(job, name), name=f"lifecycle-{name}")

    async def wait_for(self, name: str, seconds: float) -> None:
        """Wait until the last task of ``begin`` has finished, for at most ``seconds``."""
        if name in self.begun:
            await asyncio.wait([self.begun[name]], timeout=seconds)

    def failed(self, name: str, error: BaseException) -> None:
        """Note a failure of a job; the first failure of each kind is logged, until the job succeeds again."""
        if name not in self.outages:
            self.outages[name] = Outage(
                f"The monitor's {name} failed (such failures are not logged again until it succeeds): %r",
                f"The monitor's {name} succeeds again",
                QUIET_SECONDS,
            )
        self.outages[name].failed(error)

    def succeeded(self, name: str) -> None:
        """Note a success of a job; the end of an outage is logged."""
        if outage := self.outages.get(name):
            outage.succeeded()

    def cancel(self) -> None:
        """Cancel every task."""
        for task in (*self.tasks, *self.begun.values()):
            task.cancel()
