"""Housekeeping for the whole cluster, done by the process that holds the housekeeping lease."""

from __future__ import annotations

from uuid import UUID

from channels.db import database_sync_to_async

from lifecycle import conf
from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.server import extensions, leases, lost_processes

UPKEEP_SECONDS = 5.0


def keep_house(holder: UUID) -> bool:
    """Do the housekeeping if ``holder`` has or gets the lease; return whether it has the lease."""
    if not leases.hold(leases.HOUSEKEEPING, holder, conf.get("LEASE_SECONDS")):
        return False
    lost_processes.end_stragglers()
    lost_processes.end_lost_processes(holder)
    return True


class Upkeep:
    """Calls the hooks that keep the tables in order, on a thread and a database connection of their own.

    They may take seconds, for which the writer must not wait. ``is_ours`` is whether this process has the lease.
    """

    def __init__(self) -> None:
        self.is_ours = False
        self.executor: DaemonThreadExecutor | None = None

    async def run(self, holder: UUID) -> None:
        """Call each hook with the ID of this process."""
        if not self.is_ours:
            return
        if self.executor is None:
            self.executor = DaemonThreadExecutor("lifecycle-upkeep")
        for hook in extensions.upkeep_hooks:
            await database_sync_to_async(hook, thread_sensitive=False, executor=self.executor)(holder)
