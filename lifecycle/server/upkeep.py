"""Calls the hooks that keep the tables in order, on a thread and a database connection of their own.

They may take seconds, for which the writer must not wait.
"""

from __future__ import annotations

from uuid import UUID

from channels.db import database_sync_to_async

from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.server import extensions

UPKEEP_SECONDS = 5.0


class Upkeep:
    """Calls the hooks while ``is_ours`` is true: while this process does the housekeeping of the cluster."""

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
