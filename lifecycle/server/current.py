"""The only ``Process`` of this server process.

All functions here share this process. It is started by the first call that needs it, and stopped once.
"""

from __future__ import annotations

import logging
import sys

from lifecycle.record.folders import FileLock
from lifecycle.server.process import Process

logger = logging.getLogger("lifecycle")
#: The package names of the servers that support the ASGI lifespan protocol.
SERVERS = ("uvicorn", "hypercorn", "granian")


class Current:
    """The process that records now, or the reason why it could not be started."""

    process: Process | None = None
    fault: str = ""


def current() -> Process | None:
    """Return the process, or ``None`` if none has been started."""
    return Current.process


def fault() -> str:
    """Return the reason why the process could not be started, or an empty string."""
    return Current.fault


def ensure_started(server: str = "") -> Process:
    """Return the process, and start it on the first call, which needs a running event loop.

    ``server`` is the package name of the ASGI server; if empty, it is detected from the imported packages.
    """
    if Current.process is None:
        process = Process(server or next((name for name in SERVERS if name in sys.modules), ""))
        process.start()
        Current.process = process
    return Current.process


def ensure_recording() -> Process | None:
    """Return the process, and start it on the first call; return ``None`` if it cannot be started.

    The failure is logged once; each later call tries again.
    """
    if Current.process is not None and not Current.fault:
        return Current.process
    try:
        process = ensure_started()
    except Exception as error:  # a failure to record must not break a socket
        if not Current.fault:
            logger.exception("Nothing is recorded: the record could not be started")
        Current.fault = str(error) or type(error).__name__
        return None
    Current.fault = ""
    return process


async def stop() -> None:
    """Stop recording and write the remaining events; see ``Process.stop``."""
    if Current.process:
        await Current.process.stop()


def close() -> None:
    """Close the process and its spool. The next start adopts any events left in the spool."""
    process, Current.process = Current.process, None
    if process:
        process.close()


def forget() -> None:
    """Drop the process without closing it, and its hold on the locks of the spools.

    Called in a forked child, where the spool and the event loop belong to the parent.
    """
    Current.process = None
    FileLock.leave_to_parent()
