"""Rollups count refused handshakes without rows exactly once, after replays in any order and late spools."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from lifecycle.history import stored, upkeep
from lifecycle.history.marginals import ALL, NO_CODE
from lifecycle.history.periods import DAY, HOUR, MINUTE, floor
from lifecycle.models import Lease, UnstoredRefusals
from lifecycle.record import store
from lifecycle.record.events import Event, refused_event
from lifecycle.record.lines import encode

pytestmark = pytest.mark.django_db(transaction=True)
NOON = floor(1_763_726_400, DAY) + 12 * HOUR
ENDPOINTS = ("ws/chat/<str:room>/", "unmatched")
CODES = {"rejected_unmatched": NO_CODE, "rejected_origin": NO_CODE, "rejected": 4401}

Key = tuple[str, int, str, str]


class Flood:
    """Two processes that refuse handshakes, and write the segments of their spools late and more than once."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.now = NOON
        self.processes = [str(uuid4()) for _ in range(2)]
        self.refused: Counter[Key] = Counter()
        #: The segments that have not been written, and those that have been.
        self.waiting: list[tuple[str, list[Event]]] = []
        self.written: list[tuple[str, list[Event]]] = []

    def second(self) -> None:
        """Refuse handshakes for a while, and append the numbers that have changed to a segment."""
        self.now += self.random.choice([1, 20, 600])
        process, minute = self.random.choice(self.processes), floor(self.now, MINUTE)
        events = []
        for _ in range(self.random.randint(1, 4)):
            key = process, minute, self.random.choice(ENDPOINTS), self.random.choice([*CODES])
            self.refused[key] += self.random.randint(1, 1000)
            events.append(refused_event(*key, 0, self.refused[key]))
        self.waiting.append((process, events))

    def write(self) -> None:
        """Write a segment; another one is written once more after a crash."""
        if self.waiting and self.random.random() < 0.8:
            self.written.append(self.waiting.pop(self.random.randrange(len(self.waiting))))
            self.save(self.written[-1])
        elif self.written:
            self.save(self.random.choice(self.written))

    def save(self, segment: tuple[str, list[Event]]) -> None:
        """Write a segment to the database."""
        process, events = segment
        path = self.folder / process / "000000000001.log"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(map(encode, events)))
        assert store.write_segment(path) == 0

    def roll(self) -> None:
        """Keep up the rollups."""
        Lease.objects.all().delete()
        assert upkeep.keep_up(uuid4(), self.now)

    def finish(self) -> None:
        """Write all segments, and compute all rollups."""
        while self.waiting:
            self.write()
        self.now += 2 * DAY
        for _ in range(60):
            self.roll()


@pytest.mark.parametrize("seed", range(8))
def test_rollups__count_each_refusal_once(seed: int, tmp_path: Path) -> None:
    flood = Flood(seed, tmp_path)
    for _ in range(80):
        flood.random.choice([flood.second, flood.write, flood.write, flood.roll])()
    flood.finish()

    assert UnstoredRefusals.objects.count() == len(flood.refused)
    for step in (MINUTE, HOUR, DAY):
        refused: Counter[tuple[int, str | UUID | None]] = Counter()
        ends: Counter[tuple[str, int, str]] = Counter()
        for (process, minute, endpoint, cause), number in flood.refused.items():
            ends[cause, CODES[cause], "rejected"] += number
            for key in (ALL, endpoint, UUID(process)):
                refused[floor(minute, step), key] += number
        rolled = stored.read(step, 0, 2**40)
        found = {(at, key): counts.refused for at, one in rolled.items() for key, counts in one.measures.items()}
        assert found == refused, step
        assert sum((one.ends for one in rolled.values()), Counter()) == ends, step
