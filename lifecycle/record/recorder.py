"""The recorder of a process: counts each event, appends it to the spool, and never raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from lifecycle import conf
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.tally import Tally
from lifecycle.outages import Outage
from lifecycle.record import events, lines
from lifecycle.record.events import Event
from lifecycle.record.recent_ends import RecentEnds
from lifecycle.record.spool import Spool
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts

P = ParamSpec("P")
T = TypeVar("T")
#: A failure of the record ends with the first event that is appended this many seconds after it.
QUIET_SECONDS = 10.0


class Recorder:
    """Counts and appends the events of all sockets of a process.

    A failure must not reach a socket: it is caught, counted in ``dropped``, and logged once per exception class
    until events are recorded again.
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
        self.outage = Outage(
            "An event was not recorded (later failures of this kind are only counted): %s",
            "Events are recorded again",
            QUIET_SECONDS,
        )

    def guard(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call a function and return its result. If it raises, count the failure and return ``None``."""
        try:
            return function(*args, **kwargs)
        except Exception as error:  # the recorder never breaks a socket
            self.failed(error)
            return None

    def failed(self, error: Exception) -> None:
        """Count an event that could not be recorded."""
        self.dropped += 1
        self.outage.failed(error)

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
            # A refused handshake is no viewer of the monitor, whatever its endpoint.
            if not facts.accepted or not self.tally.is_internal(endpoint):
                self.recent.add(event)
            self.append(event)
        except Exception as error:  # the recorder never breaks a socket
            self.failed(error)

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
        if self.outage.kinds:
            self.outage.succeeded()

    def backlog(self) -> int:
        """Return how many events are waiting for the database."""
        return self.spool.backlog() if self.spool else 0
