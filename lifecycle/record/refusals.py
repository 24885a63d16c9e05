"""The refused handshakes of a process: in a flood, a few get rows, and the others are counted in the spool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from lifecycle import conf
from lifecycle.counts.refusals import BURST_SECONDS, KEPT_MINUTES, LIMITED_KINDS, UnstoredCounts, is_limited
from lifecycle.counts.report_limits import TokenBucket
from lifecycle.record.events import Event, refused_event
from lifecycle.verdict.causes import Verdict
from lifecycle.verdict.facts import Facts

#: Seconds from the first refusal that is only counted until its number is appended to the spool.
FLUSH_SECONDS = 1.0
#: A flood has ended if no refusal has been left without a row for this many seconds.
FLOOD_SECONDS = 2.0


class Refusals:
    """Decides which refusals get rows; appends the numbers of the others with ``append``, which may raise.

    No timer runs while nothing is refused, so an idle process does not wake up.
    """

    def __init__(
        self, process_id: str, append: Callable[[Event], None], failed: Callable[[Exception], None]
    ) -> None:
        """Set the process, and what to call for each event and for each failure to append one."""
        self.process_id = process_id
        self.append = append
        self.failed = failed
        rate = conf.get("REFUSAL_ROWS_PER_SECOND")
        self.rows = TokenBucket(rate, rate * BURST_SECONDS, time.monotonic())
        self.counts = UnstoredCounts((conf.get("ENDPOINT_LIMIT") + 1) * LIMITED_KINDS * KEPT_MINUTES)
        #: When a refusal was last left without a row, by the monotonic clock.
        self.flooded_at = float("-inf")
        self.timer: asyncio.TimerHandle | None = None

    def has_row(self, facts: Facts, verdict: Verdict) -> bool:
        """Return whether to write the row of a refused handshake; it must be written if it exists already."""
        if facts.handshake_recorded or not is_limited(facts, verdict):
            return True
        now = time.monotonic()
        if self.rows.take(1, now):
            return True
        self.flooded_at = now
        return False

    def may_begin_row(self) -> bool:
        """Return whether to write the row of an unanswered handshake; in a flood, it will probably be refused."""
        now = time.monotonic()
        return now - self.flooded_at > FLOOD_SECONDS or self.rows.take(1, now)

    def count(self, endpoint: str, verdict: Verdict, now: float) -> None:
        """Count a refusal without a row at ``now``, in Unix time; raises ``TooManyNumbers`` if that fails."""
        self.counts.count(endpoint, str(verdict.cause), now)
        self.flush_later()

    def flush_later(self) -> None:
        """Set the timer, unless it is set. Outside an event loop, the numbers wait for the end of the process."""
        if self.timer is None:
            with suppress(RuntimeError):
                self.timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Append the numbers that have changed; if that fails, keep them and try again later."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        try:
            for key, number in self.counts.changed():
                self.append(refused_event(self.process_id, *key, number))
                self.counts.appended(key)
        except Exception as error:  # a full spool or disk
            self.failed(error)
            self.flush_later()
        self.counts.forget_past()
