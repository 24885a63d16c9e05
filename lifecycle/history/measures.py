"""The counts of one period, and how the counts of consecutive periods add up. No I/O and no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from lifecycle.history.edges import Histogram, decode, encode

HISTOGRAMS = ("durations", "silences", "handshakes")
COUNTS = ("opened", "closed", "refused", "replaced")
#: The columns of the database tables, in the order of the fields of ``Measures``.
MEASURES = (*COUNTS, "rise", *HISTOGRAMS)


@dataclass(slots=True, eq=True)
class Measures:
    """The counts of a period; ``lifecycle.models.rollups.Measured`` describes them."""

    opened: int = 0
    closed: int = 0
    refused: int = 0
    replaced: int = 0
    rise: int = 0
    durations: Histogram = field(default_factory=Counter)
    silences: Histogram = field(default_factory=Counter)
    handshakes: Histogram = field(default_factory=Counter)

    @property
    def net(self) -> int:
        """Return the change in the number of open connections."""
        return self.opened - self.closed

    def add_later(self, later: Measures) -> None:
        """Add the counts of the period that follows this one."""
        self.rise = max(self.rise, self.net + later.rise)
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(later, name))
        for name in HISTOGRAMS:
            getattr(self, name).update(getattr(later, name))

    @classmethod
    def of_row(cls, values: Sequence[Any]) -> Self:
        """Return the counts in a database row; ``values`` are its columns ``MEASURES``."""
        found = cls(*values[: -len(HISTOGRAMS)])
        for name, text in zip(HISTOGRAMS, values[-len(HISTOGRAMS) :], strict=True):
            if text:
                setattr(found, name, decode(text))
        return found

    def columns(self) -> dict[str, Any]:
        """Return the values of the columns in the database."""
        numbers = {name: getattr(self, name) for name in (*COUNTS, "rise")}
        return numbers | {name: encode(getattr(self, name)) for name in HISTOGRAMS}


def total(periods: Iterable[Measures]) -> Measures:
    """Return the counts of consecutive periods, which are given in the order of time."""
    whole = Measures()
    for period in periods:
        whole.add_later(period)
    return whole


def rise_of(changes: dict[int, int]) -> int:
    """Return the largest increase since the start, given the change in each second."""
    level = highest = 0
    for second in sorted(changes):
        level += changes[second]
        highest = max(highest, level)
    return highest
