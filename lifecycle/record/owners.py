"""The note about its process in each spool: the format of the events, where the process runs, and how it ended.

The spools of release 0.1 have no note; their events are in format 1.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import NamedTuple

from lifecycle.record.folders import open_regular

NAME = "owner.json"
#: Changes whenever a release writes lines that the release before does not understand.
FORMAT = 3
#: This format; the one before, which has no events of the kind ``refused``; and format 1, which has the same lines
#: as format 2, but no note. A spool of any release may lack a note, because the disk was full.
READABLE = (1, 2, 3)
#: The types of the fields in JSON.
TYPES = {
    "format": int, "host": str, "boot": str, "namespace": str, "pid": int, "born": int, "stopped_at": int | float,
}  # fmt: skip


class Owner(NamedTuple):
    """The process of a spool. Fields that are not known are empty."""

    format: int = 1
    host: str = ""
    #: The boot of the machine and the PID namespace; a PID means nothing elsewhere.
    boot: str = ""
    namespace: str = ""
    pid: int = 0
    #: The start of the process in clock ticks since the boot, because PIDs are used again.
    born: int = 0
    #: When the process stopped cleanly without being able to write that to the database, in epoch seconds.
    stopped_at: float | None = None

    def is_surely_dead(self) -> bool:
        """Return whether the process has surely ended; only Linux shows this, on the process's own machine."""
        own = here()
        same = self.boot == own.boot and self.namespace == own.namespace
        return bool(self.boot and self.namespace and self.born) and same and birth(self.pid) != self.born

    def is_of_this_host(self) -> bool:
        """Return whether the process ran on this host: the same host name, or the same boot of the machine.

        A new container on the same machine has another host name.
        """
        own = here()
        return self.host == own.host or bool(self.boot and self.boot == own.boot)


def here() -> Owner:
    """Return the note of this process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = os.readlink("/proc/self/ns/pid")
        born = birth(os.getpid())
    except OSError:
        boot, namespace, born = "", "", 0
    return Owner(FORMAT, socket.gethostname(), boot, namespace, os.getpid(), born)


def birth(pid: int) -> int:
    """Return the start of a process in clock ticks since the boot; 0 if no such process runs (proc(5))."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The name in parentheses may contain spaces. The fields after it begin with the third, the state.
    fields = status.rpartition(")")[2].split()
    return 0 if fields[0] in "ZX" else int(fields[19])


def write(folder: Path, owner: Owner) -> None:
    """Replace the note of a spool in one step; raises ``OSError`` if that fails."""
    draft = folder / f"{NAME}.draft"
    draft.write_text(json.dumps(owner._asdict()), encoding="ascii")
    os.replace(draft, folder / NAME)


def read(folder: Path) -> Owner:
    """Return the note of a spool; an empty note if there is none or it is damaged.

    Raises ``OSError`` if the file cannot be read. Each line has a checksum, so a damaged note does no harm.
    """
    try:
        with open_regular(folder / NAME) as file:
            fields = json.loads(file.read().decode("ascii"))
        known = {name: fields[name] for name in Owner._fields if isinstance(fields.get(name), TYPES[name])}
    except (FileNotFoundError, ValueError, AttributeError, RecursionError):
        return Owner()
    owner = Owner(**known)
    return owner if is_past(owner.stopped_at) else owner._replace(stopped_at=None)


def is_past(at: float | None) -> bool:
    """Return whether a time in epoch seconds is not in the future; JSON allows NaN, Infinity and 1e18."""
    return at is not None and 0 <= at <= time.time()
