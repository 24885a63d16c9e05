"""Rollups equal the rows, after random histories with crashes, replays, late spools and moved leases."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lifecycle.history import stored, upkeep
from lifecycle.history.marginals import ALL
from lifecycle.history.periods import DAY, HOUR, MINUTE, floor
from lifecycle.models import ChangedMinute, Connection, Lease, RollupProgress, ServerProcess
from lifecycle.record import store
from lifecycle.record.events import ENDING, Event
from lifecycle.record.lines import encode
from lifecycle.server import heartbeat, lost_processes
from lifecycle.server.identity import Identity
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts
from tests.factories import accepted, ended, facts, opened, process_row

pytestmark = pytest.mark.django_db(transaction=True)
ENDPOINTS = ("ws/chat/<str:room>/", "ws/feed/", "ws/feed/<int:n>/")
VERDICTS = [Verdict(Cause.CLIENT_NORMAL, 1000), Verdict(Cause.NETWORK_LOST, 1006), Verdict(Cause.REJECTED, None)]


class History:
    """A cluster of three processes whose connections come and go over some hours."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.now = floor(time.time(), DAY) - self.random.choice([DAY, HOUR]) + self.random.uniform(0, HOUR)
        self.processes = [process_row(pid=pid) for pid in range(3)]
        #: The segments that each process has not written yet.
        self.spools: dict[UUID, list[list[Event]]] = {process.id: [[]] for process in self.processes}
        self.open: dict[UUID, list[Facts]] = {process.id: [] for process in self.processes}

    def step(self) -> None:
        """Let some time pass, and do one thing."""
        self.now += self.random.choice([0.3, 5, 40, 600])
        process = self.random.choice(self.processes)
        actions = (
            [self.connect] * 6 + [self.end] * 4 + [self.write] * 4 + [self.roll] * 3 + [self.lose, self.replay]
        )
        self.random.choice(actions)(process)

    def connect(self, process: ServerProcess) -> None:
        """Open a connection; most are accepted."""
        known = facts(opened_at=self.now)
        self.append(process, opened(known, process.id))
        if self.random.random() < 0.8:
            event = accepted(known, process.id)
            known.route.endpoint = self.random.choice(ENDPOINTS)
            self.append(process, (*event[:3], known.route.endpoint, *event[4:]))
        self.open[process.id].append(known)

    def end(self, process: ServerProcess) -> None:
        """End one of the open connections."""
        if not self.open[process.id]:
            return
        known = self.open[process.id].pop(self.random.randrange(len(self.open[process.id])))
        event = ended(known, self.random.choice(VERDICTS), process.id)
        self.append(process, with_end(event, max(self.now, known.accepted_at or known.opened_at)))

    def append(self, process: ServerProcess, event: Event) -> None:
        """Append an event to the open segment."""
        self.spools[process.id][-1].append(event)
        if self.random.random() < 0.2:
            self.spools[process.id].append([])

    def write(self, process: ServerProcess) -> None:
        """Write the oldest segment, and crash before its deletion from time to time."""
        segments = self.spools[process.id]
        if len(segments) > 1 and segments[0]:
            write(self.folder, process, segments[0])
            if self.random.random() < 0.8:
                segments.pop(0)

    def replay(self, process: ServerProcess) -> None:
        """Write the oldest segment again and again."""
        for _ in range(2):
            if self.spools[process.id][0]:
                write(self.folder, process, self.spools[process.id][0])

    def lose(self, process: ServerProcess) -> None:
        """Declare a process lost; it may come back, and its spool is written later all the same."""
        heard = datetime.fromtimestamp(self.now - 30, UTC)
        ServerProcess.objects.filter(id=process.id).update(heartbeat_at=heard, ended_at=None, end="")
        lost_processes.end_process(ServerProcess.objects.get(id=process.id))
        if self.random.random() < 0.5:
            for segment in self.spools[process.id][:1]:
                write(self.folder, process, segment)
            heartbeat.beat(Identity("daphne", str(process.id)))

    def roll(self, process: ServerProcess) -> None:
        """Keep up the rollups; the lease moves from process to process."""
        Lease.objects.all().delete()
        assert upkeep.keep_up(process.id, self.now)

    def finish(self) -> None:
        """Write all segments, and compute all rollups."""
        for process in self.processes:
            for segment in self.spools[process.id]:
                if segment:
                    write(self.folder, process, segment)
        # Until the days of all rows are over.
        self.now += 2 * DAY
        self.roll(self.processes[0])
        while ChangedMinute.objects.exists() or not upkeep.is_complete(RollupProgress.objects.get()):
            self.roll(self.processes[0])


def with_end(event: Event, at: float) -> Event:
    """Return an ``end`` event with another time of the end."""
    values = list(event)
    values[1 + ENDING.index("closed_at")] = at
    return tuple(values)


def write(folder: Path, process: ServerProcess, events: list[Event]) -> None:
    """Write a segment of a process."""
    path = folder / str(process.id) / "segment.log"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(map(encode, events)))
    assert store.write_segment(path) == 0


def counted(step: int) -> dict[int, dict[str, Any]]:
    """Return what the rollups should contain, counted from the rows one by one."""
    expected: dict[int, dict[str, Any]] = {}

    def period(at: datetime) -> dict[str, Any]:
        start = floor(at.timestamp(), step)
        return expected.setdefault(
            start, {"opened": Counter(), "closed": Counter(), "refused": Counter(), "ends": Counter()}
        )

    for row in Connection.objects.all():
        keys = (ALL, row.endpoint, row.process_id)
        if row.accepted_at:
            period(row.accepted_at)["opened"].update(keys)
        if row.closed_at:
            found = period(row.closed_at)
            found["closed" if row.accepted_at else "refused"].update(keys)
            code = row.sent_code if row.state == "rejected" else row.close_code
            found["ends"][row.cause, -1 if code is None else code, row.state] += 1
    return expected


def rolled(step: int) -> dict[int, dict[str, Any]]:
    """Return the same from the rollups."""
    found = {}
    for start, marginals in stored.read(step, 0, 2**40).items():
        counts: dict[str, Any] = {
            name: Counter({key: getattr(m, name) for key, m in marginals.measures.items() if getattr(m, name)})
            for name in ("opened", "closed", "refused")
        }
        found[start] = counts | {"ends": marginals.ends}
    return found


@pytest.mark.parametrize("seed", range(8))
def test_rollups__equal_the_rows_after_a_random_history(seed: int, tmp_path: Path) -> None:
    history = History(seed, tmp_path)
    for _ in range(150):
        history.step()
    history.finish()
    assert not ChangedMinute.objects.exists()
    progress = RollupProgress.objects.get()
    assert progress.until >= floor(history.now - MINUTE, MINUTE)
    assert Connection.objects.filter(state="closed").count() > 5
    for step in (MINUTE, HOUR, DAY):
        assert rolled(step) == counted(step), step
