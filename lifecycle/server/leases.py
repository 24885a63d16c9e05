"""Leases in the database ensure that only one process of the cluster does a task at a time.

If that process dies, its lease expires and another process takes over. All times come from the
database's clock, so the clocks of the hosts need not agree.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from lifecycle.models import Lease

HOUSEKEEPING = "housekeeping"


def hold(name: str, holder: UUID, seconds: float) -> bool:
    """Acquire or renew a lease for ``seconds``; return whether ``holder`` now has the lease.

    The update and the insert are each atomic, so the first process to update or insert the row gets the lease.
    """
    until = Now() + timedelta(seconds=seconds)
    mine = Lease.objects.filter(Q(holder=holder) | Q(until__lt=Now()), name=name)
    if mine.update(holder=holder, until=until):
        return True
    Lease.objects.bulk_create([Lease(name=name, holder=holder, until=until)], ignore_conflicts=True)
    return Lease.objects.filter(name=name, holder=holder).exists()


def release(name: str, holder: UUID) -> None:
    """Release a lease, so another process can acquire it before it expires."""
    Lease.objects.filter(name=name, holder=holder).delete()
