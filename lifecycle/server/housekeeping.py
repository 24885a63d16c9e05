"""Housekeeping for the whole cluster, done by the process that holds the housekeeping lease."""

from __future__ import annotations

from uuid import UUID

from lifecycle import conf
from lifecycle.server import leases, lost_processes


def keep_house(holder: UUID) -> bool:
    """Do the housekeeping if ``holder`` has or gets the lease; return whether it has the lease."""
    if not leases.hold(leases.HOUSEKEEPING, holder, conf.get("LEASE_SECONDS")):
        return False
    lost_processes.end_stragglers()
    lost_processes.end_lost_processes(holder)
    return True
