"""Decides which refused handshakes are only counted in a flood, and counts them. No I/O and no clock.

Anybody can ask for a path without a route, with a foreign origin or with a bad token, at any rate. A row for each
of these handshakes would fill the database.
"""

from __future__ import annotations

from typing import NamedTuple

from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.facts import Facts

#: How many seconds' worth of rows may be written at once.
BURST_SECONDS = 4
#: How many minutes of numbers are kept while the spool takes no events.
KEPT_MINUTES = 10
MINUTE = 60
#: The causes of refusals by route and by origin.
LIMITED = frozenset({Cause.REJECTED_UNMATCHED, Cause.REJECTED_ORIGIN})
#: The code with which ``TokenAuthMiddleware`` refuses a bad token; the cause is then ``rejected``.
TOKEN_CODE = CloseCode.BAD_TOKEN
#: The number of causes that unstored refusals can have.
LIMITED_KINDS = len(LIMITED) + 1


class TooManyNumbers(Exception):
    """The numbers of refused handshakes have been waiting for the spool for too long."""


class Key(NamedTuple):
    """What unstored refusals are counted by.

    ``minute`` is the Unix time at which a minute starts. ``series`` tells two counts of the same minute apart: it
    grows whenever the system clock is set back to an earlier minute, whose first count is no longer known.
    """

    minute: int
    endpoint: str
    cause: str
    series: int = 0


def is_limited(facts: Facts, verdict: Verdict) -> bool:
    """Return whether a handshake was refused because of its route, its origin or its token."""
    return verdict.cause in LIMITED or (verdict.cause is Cause.REJECTED and facts.sent_code == TOKEN_CODE)


class UnstoredCounts:
    """The numbers of refused handshakes without rows, by minute, endpoint and cause.

    Numbers only grow. Those of past minutes are forgotten once they have been appended to the spool.
    """

    def __init__(self, limit: int) -> None:
        """Set the maximum number of keys."""
        self.limit = limit
        #: The number of all refusals without rows since the process started.
        self.total = 0
        self.numbers: dict[Key, int] = {}
        #: The keys whose numbers are not in the spool yet.
        self.waiting: set[Key] = set()
        self.minute = self.series = 0

    def count(self, endpoint: str, cause: str, now: float) -> None:
        """Count a refusal at ``now``, in Unix time; raises ``TooManyNumbers`` if there is no room for its key."""
        minute = int(now // MINUTE) * MINUTE
        self.series += minute < self.minute
        self.minute = minute
        key = Key(minute, endpoint, cause, self.series)
        if key not in self.numbers and len(self.numbers) >= self.limit:
            raise TooManyNumbers(f"{self.limit} numbers of refused handshakes wait for the spool")
        self.numbers[key] = self.numbers.get(key, 0) + 1
        self.waiting.add(key)
        self.total += 1

    def changed(self) -> list[tuple[Key, int]]:
        """Return the numbers that are not in the spool yet, oldest first."""
        return [(key, number) for key, number in self.numbers.items() if key in self.waiting]

    def appended(self, key: Key) -> None:
        """Note that the number of a key is in the spool."""
        self.waiting.discard(key)

    def forget_past(self) -> None:
        """Forget the numbers of past minutes that are in the spool."""
        kept = {key for key in self.numbers if (key.minute, key.series) == (self.minute, self.series)}
        kept |= self.waiting
        self.numbers = {key: number for key, number in self.numbers.items() if key in kept}
