"""The recorder of a process: counts each event, appends it to the spool, and never raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from lifecycle import conf
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.report_limits import BURST_SECONDS, ROW_BYTES, SPOOL_SHARE, SpoolShare, TokenBucket
from lifecycle.counts.tally import Tally
from lifecycle.outages import Outage
from lifecycle.record import events, lines
from lifecycle.record.events import Event
from lifecycle.record.recent_ends import RecentEnds
from lifecycle.record.refusals import Refusals
from lifecycle.record.spool import Spool, SpoolFull
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts

P = ParamSpec("P")
T = TypeVar("T")
#: A failure of the record ends with the first event that is appended this many seconds after it.
QUIET_SECONDS = 10.0


class TooManyReports(Exception):
    """Client pages send more reports than a process records."""


class NoSpool(Exception):
    """The spool could not be opened yet."""


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
        #: Reports of client pages beyond the limit of their rate. They are not lost: they were never accepted.
        self.skipped_reports = 0
        rate = conf.get("REPORT_BYTES_PER_SECOND")
        self.report_rate = TokenBucket(rate, rate * BURST_SECONDS, time.monotonic())
        self.report_share = SpoolShare()
        self.outage = Outage(
            "An event was not recorded (later failures of this kind are only counted): %s",
            "Events are recorded again",
            QUIET_SECONDS,
        )
        self.report_flood = Outage(
            "Reports of client pages are not recorded: %s",
            "Reports of client pages are recorded again",
            QUIET_SECONDS,
        )
        self.refusals = Refusals(process_id, self.append_again, self.outage.failed)

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

    def handshake(self, facts: Facts) -> bool:
        """Record a handshake that has not been answered yet; return false if it has to wait because of a flood."""
        if not self.refusals.may_begin_row():
            return False
        self.guard(lambda: self.append(events.open_event(facts, self.process_id)))
        return True

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
        """Record the end of a connection; must be called only once for each connection.

        In a flood, most refused handshakes are only counted.
        """
        try:
            endpoint, accepted = facts.route.endpoint, facts.accepted
            # Not facts.ended_at: the system clock may have been set since the handshake.
            now = time.time()
            if accepted:
                self.tally.closed(endpoint, verdict, facts.duration() or 0.0, now)
            else:
                counts = self.tally.rejected(endpoint, verdict, now)
                if not self.refusals.has_row(facts, verdict):
                    self.refusals.count(counts.label, verdict, now)
                    return
            event = events.end_event(facts, verdict, self.process_id)
            # A refused handshake is no viewer of the monitor, whatever its endpoint.
            if not accepted or not self.tally.is_internal(endpoint):
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

    def reported(self, facts: Facts, kind: str, *, at: float | None = None, **columns: object) -> None:
        """Record a client page's report, within the limits of all reports.

        ``at`` is in seconds since the epoch, by default now; ``columns`` are columns of ``ClientReport``.
        """
        self.guard(lambda: self.append_report(events.report_event(facts, kind, at or time.time(), **columns)))

    def append_report(self, report: Event) -> None:
        """Append a report; raises ``SpoolFull`` if reports have used up their share of the spool."""
        size = len(lines.encode(report))
        if not self.report_rate.take(size + ROW_BYTES, time.monotonic()):
            self.skipped_reports += 1
            self.report_flood.failed(TooManyReports(f"more than {self.report_rate.rate} bytes per second"))
            return
        self.report_flood.succeeded()
        if spool := self.spool:
            share = spool.limit * SPOOL_SHARE
            if spool.size + size > spool.limit - share or not self.report_share.fits(size, share, spool.events):
                raise SpoolFull(f"reports of client pages have used up their share of the spool {spool.folder}")
            self.report_share.add(spool.path, size)
        self.append(report)

    def append(self, event: Event) -> None:
        """Append an event to the spool; if there is no spool, count it as dropped."""
        if self.spool is None:
            self.dropped += 1
            return
        self.spool.append(lines.encode(event))
        self.recorded += 1
        if self.outage.kinds:
            self.outage.succeeded()

    def append_again(self, event: Event) -> None:
        """Append an event that is tried again if this fails; raises ``NoSpool`` or the error of the spool."""
        if self.spool is None:
            raise NoSpool("the spool could not be opened")
        self.append(event)

    def backlog(self) -> int:
        """Return how many events are waiting for the database."""
        return self.spool.backlog() if self.spool else 0
