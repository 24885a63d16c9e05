"""Decides whether the process of a spool is dead, so that its spool may be adopted."""

from __future__ import annotations

from uuid import UUID

from lifecycle.models import ServerProcess
from lifecycle.record.owners import READABLE, Owner
from lifecycle.server import heartbeat


class UnknownFormat(Exception):
    """A spool was written by another release, in a format that this release cannot read."""


class OtherHost(Exception):
    """A spool belongs to a process of another host, which may still run."""


def check_format(owner: Owner) -> None:
    """Raise ``UnknownFormat`` if this release cannot read the events of a spool."""
    if owner.format not in READABLE:
        raise UnknownFormat(
            f"its format is {owner.format}, and this release reads the formats {READABLE[0]} to {READABLE[-1]}. "
            "The release that wrote it, or the next one, adopts it"
        )


def is_abandoned(process_id: UUID, owner: Owner, other_hosts: bool = False) -> bool:
    """Return whether the process of a spool is dead, given that the spool's lock is free.

    A free lock is no proof: on some network volumes, processes do not see the locks of other hosts. A fresh
    heartbeat means that the process runs. A stale heartbeat is no proof for a process of another host, which may
    only be cut off from the database. Raises ``OtherHost`` in that case, unless ``other_hosts`` is true.
    """
    if owner.stopped_at is not None or owner.is_surely_dead():
        return True
    if heartbeat.is_fresh(process_id):
        return False
    row = ServerProcess.objects.filter(id=process_id).first()
    if other_hosts or (row and row.end == ServerProcess.End.STOPPED):
        return True
    host = owner.host or (row.host if row else "")
    if host and not owner._replace(host=host).is_of_this_host():
        raise OtherHost(
            f"its process ran on the host {host}. A process on that host adopts it. If the host is gone, run "
            "manage.py lifecycle_housekeeping --other-hosts"
        )
    return True
