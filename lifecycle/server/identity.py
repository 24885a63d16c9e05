"""The identity of a server process: its ID, host, PID, server software and release."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import dataclass, field
from importlib import metadata

from lifecycle import conf
from lifecycle.verdict.facts import new_id


@dataclass(frozen=True, slots=True)
class Identity:
    """Identifies one server process in its row, snapshots and metrics; ``started_at`` is in epoch seconds."""

    server: str = ""
    id: str = field(default_factory=new_id)
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    release: str = field(default_factory=lambda: conf.get("RELEASE"))
    started_at: float = field(default_factory=time.time)

    def __str__(self) -> str:
        """Return the name that operators use: host and process ID."""
        return f"{self.host}:{self.pid}"


def server_software(name: str) -> str:
    """Return a server's name and version, such as "daphne 4.2.3"; only the name if the version is unknown."""
    if not name or name not in sys.modules:
        return name
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return name
