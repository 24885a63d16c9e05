"""Logs the start and the end of each outage, once each."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger("lifecycle")


class Outage:
    """An outage of one part of the monitor: it starts with a failure, and ends with a success.

    A part that fails and succeeds in turns has one outage: it ends with the first success that comes
    ``quiet_seconds`` after the last failure.
    """

    def __init__(self, failed: str, works: str, quiet_seconds: float) -> None:
        """Set the log messages for the start (``failed``) and the end (``works``) of an outage.

        ``failed`` must contain one ``%s`` or ``%r`` for the error, and ``works`` must contain none.
        """
        self.messages = failed, works
        self.quiet_seconds = quiet_seconds
        #: The names of the exception classes that have been logged in this outage; empty while there is none.
        self.kinds: set[str] = set()
        self.failures = 0
        self.failed_at = 0.0

    def failed(self, error: BaseException) -> None:
        """Note a failure; log it if it is the first of its exception class in this outage."""
        self.failed_at = time.monotonic()
        self.failures += 1
        kind = type(error).__name__
        if kind not in self.kinds:
            self.kinds.add(kind)
            logger.error(self.messages[0], error, exc_info=error if is_bug(error) else None)

    def succeeded(self) -> None:
        """Note a success; if it ends an outage, log that."""
        if self.kinds and time.monotonic() - self.failed_at >= self.quiet_seconds:
            logger.warning("%s; number of failures: %d", self.messages[1], self.failures)
            self.kinds.clear()
            self.failures = 0


def is_bug(error: BaseException) -> bool:
    """Return whether an error needs a traceback.

    The system's errors and the exceptions of libraries, such as those of a database, say what failed. A builtin
    exception, such as ``TypeError``, does not.
    """
    return type(error).__module__ == "builtins" and not isinstance(error, OSError)
