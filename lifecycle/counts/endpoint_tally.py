"""The counts of one endpoint. Rates and buckets are computed from these counts. No I/O and no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from lifecycle.counts.histograms import DURATION_EDGES, HANDSHAKE_EDGES, RTT_EDGES, Histogram
from lifecycle.verdict.causes import initiator_of

K = TypeVar("K", bound=Hashable)
#: The numbers of accepted, ended and refused connections since the process started.
Totals = tuple[int, int, int]


@dataclass(slots=True)
class EndpointTally:
    """The counts of one endpoint since the process started."""

    label: str = ""
    #: Whether these connections belong to the monitor itself, such as the viewers of a dashboard.
    internal: bool = False
    open: int = 0
    opened: int = 0
    #: The number of ends; the keys are (label of the close code, cause). The cause is a ``str`` because the counts
    #: of another process may contain a cause from a newer release.
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: The number of handshakes that were not completed, by cause.
    rejected: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    handshakes: Histogram = field(default_factory=lambda: Histogram(HANDSHAKE_EDGES))
    durations: Histogram = field(default_factory=lambda: Histogram(DURATION_EDGES))
    round_trips: Histogram = field(default_factory=lambda: Histogram(RTT_EDGES))

    @property
    def closed(self) -> Counter[tuple[str, str]]:
        """Return the number of connections that ended; the keys are (label of the close code, initiator)."""
        return summed(((code, initiator_of(cause)), count) for (code, cause), count in self.ends.items())

    @property
    def disconnects(self) -> Counter[str]:
        """Return the number of connections that ended, by cause."""
        return summed((cause, count) for (_, cause), count in self.ends.items())

    @property
    def totals(self) -> Totals:
        """Return the numbers of accepted, ended and refused connections."""
        return self.opened, self.opened - self.open, sum(self.rejected.values())

    def copy(self) -> EndpointTally:
        """Return a copy that later events do not change."""
        return EndpointTally(
            self.label, self.internal, self.open, self.opened, self.ends.copy(), self.rejected.copy(),
            self.reconnects, self.messages_in, self.messages_out, self.bytes_in, self.bytes_out,
            self.handshakes.copy(), self.durations.copy(), self.round_trips.copy(),
        )  # fmt: skip


def summed(counts: Iterable[tuple[K, int]]) -> Counter[K]:
    """Return the sum of the counts for each key."""
    total: Counter[K] = Counter()
    for key, count in counts:
        total[key] += count
    return total
