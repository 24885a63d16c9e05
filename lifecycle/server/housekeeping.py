"""The work that one process does for the whole cluster, while it holds the lease for it."""

from __future__ import annotations

from uuid import UUID

from lifecycle import conf
from lifecycle.server import leases, lost_processes


def keep_house(holder: UUID) -> bool:
    """Do the work if ``holder`` has or gets the lease; return whether it does."""
    if not leases.hold(leases.HOUSEKEEPING, holder, conf.get("LEASE_SECONDS")):
        return False
    lost_processes.end_lost_processes(holder)
    lost_processes.end_stragglers()
    return True
