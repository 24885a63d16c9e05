"""The Recorder, one per process: what the capture sees goes to the tally and into the spool, and never raises."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lifecycle import conf
from lifecycle.counts.tally import Tally
from lifecycle.record import events, lines
from lifecycle.record.events import Event
from lifecycle.record.spool import Spool
from lifecycle.server.busy import Busy
from lifecycle.verdict.causes import classify
from lifecycle.verdict.facts import Facts

if TYPE_CHECKING:
    from lifecycle.capture.middleware import WatchedSocket

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger("lifecycle")
#: How many ends are remembered, for the live page and for clients that come back.
RECENT = 500


class Recorder:
    """Takes in the events of all sockets of a process.

    A socket must never feel the recorder: each of its failures is caught, counted in ``dropped`` and logged once.
    """

    def __init__(self, process_id: str, spool: Spool | None = None) -> None:
        """Begin to record; without a spool every event is counted, and dropped."""
        self.process_id = process_id
        self.spool = spool
        self.stopping = False
        self.tally = Tally(conf.get("APPLICATION_CODES"), conf.get("ENDPOINT_LIMIT"), conf.get("APART"))
        self.silence_limit: float = conf.get("SILENCE_SECONDS")
        #: By the id of the connection; what a handshake asked for is recorded with its accept, or its end.
        self.sockets: dict[str, WatchedSocket] = {}
        self.suspects: set[WatchedSocket] = set()
        self.busy = Busy()
        #: The events of the last ends, latest first.
        self.recent: deque[Event] = deque(maxlen=RECENT)
        self.recorded = 0
        self.dropped = 0
        self.complained: set[str] = set()

    def guard(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Call a function; a failure of it is counted, and logged once per kind, and never reaches the socket."""
        try:
            return function(*args, **kwargs)
        except Exception as error:  # the promise: the recorder never breaks a socket
            self.failed(error)
            return None

    def failed(self, error: Exception) -> None:
        """Count an event that could not be recorded."""
        self.dropped += 1
        kind = type(error).__name__
        if kind not in self.complained:
            self.complained.add(kind)
            logger.error("An event was not recorded (later ones of this kind are only counted): %s", error,
                         exc_info=error)  # fmt: skip

    def waiting(self, facts: Facts) -> None:
        """Record a handshake that has not been answered yet, so that it outlives this process."""
        if not facts.noted:
            facts.noted = True
            self.guard(lambda: self.append(events.open_event(facts, self.process_id)))

    def accepted(self, facts: Facts) -> None:
        """Count an accepted connection and put it into the spool."""
        try:
            facts.user_id = user_id_of(facts.scope)
            facts.server_scope = None
            facts.counts = self.tally.accepted(facts.endpoint, facts.handshake_seconds(), time.time())
            self.append(events.accept_event(facts, self.process_id))
        except Exception as error:  # the promise: the recorder never breaks a socket
            self.failed(error)

    def accepted_late(self, socket: WatchedSocket) -> None:
        """Put right the end of a handshake that was answered after the stop of this process had ended it."""
        facts = socket.facts
        facts.ended_at = facts.accepted_at
        self.guard(self.tally.accepted, facts.endpoint, facts.handshake_seconds(), time.time())
        self.ended(socket)

    def ended(self, socket: WatchedSocket) -> None:
        """Decide on the cause of an end, count it and put it into the spool; the caller calls this once."""
        facts = socket.facts
        self.sockets.pop(facts.id, None)
        try:
            facts.stopping = self.stopping
            facts.user_id = user_id_of(facts.scope) or facts.user_id
            self.guard(socket.witness.testify, facts)
            verdict = classify(facts, self.silence_limit)
            # The clock as it is, and not as it was when the socket opened: it may have been set since.
            now = time.time()
            if facts.accepted:
                self.tally.closed(facts.endpoint, verdict, facts.duration() or 0.0, now)
            else:
                self.tally.rejected(facts.endpoint, verdict, now)
            facts.scope = facts.server_scope = None
            event = events.end_event(facts, verdict, self.process_id)
            if not self.tally.is_apart(facts.endpoint):
                self.recent.appendleft(event)
            self.append(event)
        except Exception as error:  # the promise: the recorder never breaks a socket
            self.failed(error)

    def message_in(self, facts: Facts, size: int) -> None:
        """Count a message from the client; ``size`` in bytes."""
        facts.messages_in += 1
        facts.bytes_in += size
        if facts.counts is not None:
            facts.counts.messages_in += 1
            facts.counts.bytes_in += size

    def message_out(self, facts: Facts, size: int) -> None:
        """Count a message to the client; ``size`` in bytes."""
        facts.messages_out += 1
        facts.bytes_out += size
        if facts.counts is not None:
            facts.counts.messages_out += 1
            facts.counts.bytes_out += size

    def reported(self, facts: Facts, kind: str, **said: object) -> None:
        """Record what a client page said of itself; ``said`` are columns of ``ClientReport``."""
        self.guard(lambda: self.append(events.report_event(facts, kind, time.time(), **said)))

    def append(self, event: Event) -> None:
        """Put one event into the spool."""
        if self.spool is None:
            self.dropped += 1
            return
        self.spool.append(lines.encode(event))
        self.recorded += 1

    def stop(self) -> None:
        """Record every open connection as ended by the stop of this process."""
        self.stopping = True
        for socket in list(self.sockets.values()):
            socket.finish()

    def sweep(self) -> None:
        """Look at all sockets: handshakes that nobody answers, and transports that are gone."""
        for socket in list(self.sockets.values()):
            if not socket.facts.accepted:
                self.waiting(socket.facts)
        self.end_ghosts()

    def end_ghosts(self) -> None:
        """Record the end of sockets whose transport is gone and whose application was never told.

        The first sweep reads what may still wait for the application, the next one ends what had nothing.
        """
        gone = {socket for socket in self.sockets.values() if socket.witness.gone()}
        for socket in gone & self.suspects:
            socket.finish()
        self.suspects = {socket for socket in gone if not socket.facts.ended}
        for socket in self.suspects & self.busy.keys():
            socket.read_ahead()

    def remembered(self, connection_id: str | None) -> dict[str, Any] | None:
        """Return the row of a connection that ended not long ago, where this process remembers it."""
        found = (event for event in list(self.recent) if event[1] == connection_id)
        return next(map(events.columns_of, found), None)

    def told_late(self, facts: Facts) -> None:
        """Take in which tab a connection was of, where its page says so after the end."""
        for place, event in enumerate(self.recent):
            if event[1] == facts.id:
                self.recent[place] = events.with_tab(event, facts.tab_id)

    def backlog(self) -> int:
        """Return how many events wait for the database."""
        return self.spool.backlog() if self.spool else 0


def user_id_of(scope: dict[str, Any] | None) -> str | None:
    """Return the primary key of a scope's signed-in user as text, else ``None``.

    A user that could only be told by a query is not looked up: the event loop does no database.
    """
    try:
        user = (scope or {}).get("user")
        return str(user.pk) if user is not None and user.is_authenticated else None
    except Exception:  # whatever another project's lazy user raises, the socket goes on
        return None
