"""The recorder of a process: counts each event, appends it to the spool, and never raises."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from lifecycle import conf
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.tally import Tally
from lifecycle.record import events, lines
from lifecycle.record.events import Event
from lifecycle.record.recent_ends import RecentEnds
from lifecycle.record.spool import Spool
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger("lifecycle")


class Recorder:
    """Counts and appends the events of all sockets of a process.

    A failure must not reach a socket: it is caught, counted in ``dropped``, and logged once per exception class.
    """

    def __init__(
        self, process_id: str, spool: Spool | None = None, internal_endpoints: Sequence[str] = ()
    ) -> None:
        """Start the record of a process. While ``spool`` is ``None``, events are dropped and counted."""
        self.process_id = process_id
        self.spool = spool
        self.tally = Tally(conf.get("APPLICATION_CODES"), conf.get("ENDPOINT_LIMIT"), internal_endpoints)
        self.recent = RecentEnds()
        self.recorded = 0
        self.dropped = 0
        #: The names of the exception classes that have been logged.
        self.logged: set[str] = set()

    def guard(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call a function and return its result. If it raises, count the failure and return ``None``."""
        try:
            return function(*args, **kwargs)
        except Exception as error:  # the recorder never breaks a socket
            self.failed(error)
            return None

    def failed(self, error: Exception) -> None:
        """Count an event that could not be recorded, and log the first failure of each exception class."""
        self.dropped += 1
        kind = type(error).__name__
        if kind not in self.logged:
            self.logged.add(kind)
            logger.error("An event was not recorded (later failures of this kind are only counted): %s", error,
                         exc_info=error)  # fmt: skip

    def handshake(self, facts: Facts) -> None:
        """Record a handshake that has not been answered yet."""
        self.guard(lambda: self.append(events.open_event(facts, self.process_id)))

    def accepted(self, facts: Facts) -> EndpointTally | None:
        """Record an accepted connection; return the counts of its endpoint, or ``None`` if counting failed."""
        counts = None
        try:
            counts = self.tally.accepted(facts.route.endpoint, facts.handshake_seconds(), time.time())
            self.append(events.accept_event(facts, self.process_id))
        except Exception as error:  # the recorder never breaks a socket
            self.failed(error)
        return counts

    def ended(self, facts: Facts, verdict: Verdict) -> None:
        """Record the end of a connection; must be called only once for each connection."""
        try:
            endpoint = facts.route.endpoint
            # Not facts.ended_at: the system clock may have been set since the handshake.
            now = time.time()
            if facts.accepted:
                self.tally.closed(endpoint, verdict, facts.duration() or 0.0, now)
            else:
                self.tally.rejected(endpoint, verdict, now)
            event = events.end_event(facts, verdict, self.process_id)
            if not self.tally.is_internal(endpoint):
                self.recent.add(event)
            self.append(event)
        except Exception as error:  # the recorder never breaks a socket
            self.failed(error)

    def returned(self, facts: Facts) -> None:
        """Record that the application of an open connection has returned without closing it."""
        self.guard(lambda: self.append(events.returned_event(facts, self.process_id)))

    def corrected(self, facts: Facts, verdict: Verdict) -> None:
        """Record the true end of a connection whose end has been recorded and counted."""
        self.guard(lambda: self.append(events.end_event(facts, verdict, self.process_id)))

    def reported(self, facts: Facts, kind: str, **columns: object) -> None:
        """Record a client page's report; ``columns`` are columns of ``ClientReport``."""
        self.guard(lambda: self.append(events.report_event(facts, kind, time.time(), **columns)))

    def append(self, event: Event) -> None:
        """Append an event to the spool; if there is no spool, count it as dropped."""
        if self.spool is None:
            self.dropped += 1
            return
        self.spool.append(lines.encode(event))
        self.recorded += 1

    def backlog(self) -> int:
        """Return how many events are waiting for the database."""
        return self.spool.backlog() if self.spool else 0
