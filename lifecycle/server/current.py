"""The one ``Process`` of this server process: it is started once, found by everybody, and stopped once."""

from __future__ import annotations

import logging
import sys

from lifecycle.server.process import Process

logger = logging.getLogger("lifecycle")
#: Servers with a lifespan, by the name of their package.
SERVERS = ("uvicorn", "hypercorn", "granian")


class Current:
    """The process that records now, or why none could be started."""

    process: Process | None = None
    fault: str = ""


def current() -> Process | None:
    """Return the process, or ``None`` if none has been started."""
    return Current.process


def fault() -> str:
    """Return why the process could not be started; empty if it could."""
    return Current.fault


def ensure_started(server: str = "") -> Process:
    """Return the process; the first call starts it and needs a running event loop."""
    if Current.process is None:
        process = Process(server or next((name for name in SERVERS if name in sys.modules), ""))
        process.start()
        Current.process = process
    return Current.process


def ensure_recording() -> Process | None:
    """Return the process like ``ensure_started``; if it cannot be started, log that once and return ``None``."""
    if Current.process is not None and not Current.fault:
        return Current.process
    try:
        process = ensure_started()
    except Exception as error:  # the recorder never breaks a socket
        if not Current.fault:
            logger.exception("Nothing is recorded: the record could not be started")
        Current.fault = str(error) or type(error).__name__
        return None
    Current.fault = ""
    return process


async def stop() -> None:
    """Stop recording and write what is left; see ``Process.stop``."""
    if Current.process:
        await Current.process.stop()


def close() -> None:
    """Let go of the process and its spool; the next start adopts what is left in the spool."""
    process, Current.process = Current.process, None
    if process:
        process.close()


def forget() -> None:
    """Forget the process without closing it, in a forked child: spool and event loop belong to the parent."""
    Current.process = None
