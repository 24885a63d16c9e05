"""Leases in the database: one process of the cluster at a time has a duty, and another takes over when it dies.

All times are the database's own, so that the clocks of the hosts need not agree.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from lifecycle.models import Lease

HOUSEKEEPING = "housekeeping"


def hold(name: str, holder: UUID, seconds: float) -> bool:
    """Take a duty, or keep it, for ``seconds``; ``False`` where another process has it.

    Two statements, each atomic: whoever's update or insert comes first has the lease.
    """
    until = Now() + timedelta(seconds=seconds)
    mine = Lease.objects.filter(Q(holder=holder) | Q(until__lt=Now()), name=name)
    if mine.update(holder=holder, until=until):
        return True
    Lease.objects.bulk_create([Lease(name=name, holder=holder, until=until)], ignore_conflicts=True)
    return Lease.objects.filter(name=name, holder=holder).exists()


def release(name: str, holder: UUID) -> None:
    """Give a duty back, so that another process need not wait for the lease to run out."""
    Lease.objects.filter(name=name, holder=holder).delete()
