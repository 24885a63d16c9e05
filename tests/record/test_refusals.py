"""In a flood, a few refused handshakes get rows, and the others are counted exactly once."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lifecycle.counts.refusals import BURST_SECONDS
from lifecycle.models import ChangedMinute, Connection, UnstoredRefusals
from lifecycle.record import refusals, store
from lifecycle.record.events import Event, refused_event
from lifecycle.record.lines import encode
from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Verdict
from tests.asgi import spooled_in, until
from tests.factories import CHAT, PROCESS, facts, make_facts

RATE = 5
BURST = RATE * BURST_SECONDS
UNMATCHED = Verdict(Cause.REJECTED_UNMATCHED, None)
ORIGIN = Verdict(Cause.REJECTED_ORIGIN, None)
REJECTED = Verdict(Cause.REJECTED, None)
NOON = 1_700_000_040


class Clock:
    """The clocks of the recorder, which only the test moves."""

    def __init__(self) -> None:
        self.now = float(NOON)

    def time(self) -> float:
        """Return the time in seconds."""
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of all recorders."""
    clock = Clock()
    monkeypatch.setattr("lifecycle.record.recorder.time", clock)
    monkeypatch.setattr("lifecycle.record.refusals.time", clock)
    return clock


@pytest.fixture
def recorder(tmp_path: Path, clock: Clock) -> Recorder:
    """Return a recorder with a spool."""
    return Recorder(PROCESS, Spool(tmp_path / PROCESS, 1024 * 1024))


def refuse(recorder: Recorder, number: int = 1, verdict: Verdict = UNMATCHED, **values: object) -> None:
    """Record refused handshakes."""
    for _ in range(number):
        recorder.ended(make_facts(ended_at=float(NOON), **values), verdict)


def spooled(recorder: Recorder) -> list[dict[str, Any]]:
    """Return the events in the spool."""
    assert recorder.spool
    return spooled_in(recorder.spool.folder)


def kinds(recorder: Recorder) -> Counter[str]:
    """Return the numbers of events in the spool by kind."""
    return Counter(event["e"] for event in spooled(recorder))


@pytest.mark.parametrize(
    ("verdict", "values", "limited"),
    [
        (UNMATCHED, {}, True),
        (ORIGIN, {}, True),
        (REJECTED, {"sent_code": 4401}, True),
        (REJECTED, {"sent_code": 4403}, False),
        (Verdict(Cause.ABANDONED, None), {}, False),
        (Verdict(Cause.HANDSHAKE_ERROR, None), {}, False),
        (UNMATCHED, {"handshake_recorded": True}, False),
    ],
    ids=["route", "origin", "token", "application", "abandoned", "error", "row exists"],
)
def test_ended__rows_of_a_flood(
    recorder: Recorder, verdict: Verdict, values: dict[str, Any], limited: bool
) -> None:
    refuse(recorder, 100, verdict, **values)
    rows = BURST if limited else 100
    assert (kinds(recorder)["end"], len(recorder.recent.events)) == (rows, rows)
    assert recorder.refusals.counts.total == 100 - rows
    assert recorder.tally.endpoints["unmatched"].rejected == {verdict.cause: 100}


def test_ended__rows_have_a_rate(recorder: Recorder, clock: Clock) -> None:
    refuse(recorder, 1000)
    for _ in range(80):
        clock.now += 0.125
        refuse(recorder, 100)
    assert kinds(recorder)["end"] == BURST + 10 * RATE


def test_ended__refusals_below_the_rate_all_have_rows(recorder: Recorder, clock: Clock) -> None:
    for _ in range(100):
        clock.now += 1 / RATE + 0.001
        refuse(recorder)
    assert (kinds(recorder)["end"], recorder.refusals.counts.total) == (100, 0)


def test_ended__accepted_connections_have_rows_in_a_flood(recorder: Recorder) -> None:
    refuse(recorder, 100)
    known = make_facts(endpoint=CHAT, opened_at=1.0, accepted_at=1.5, ended_at=2.0)
    recorder.accepted(known)
    recorder.ended(known, UNMATCHED)
    assert (kinds(recorder)["accept"], kinds(recorder)["end"]) == (1, BURST + 1)


def test_ended__endpoints_beyond_the_limit_share_a_number(recorder: Recorder) -> None:
    recorder.tally.endpoint_limit = 3
    recorder.refusals.rows.left = 0
    for number in range(10):
        refuse(recorder, endpoint=f"ws/{number}/")
    recorder.refusals.flush()
    assert {event["endpoint"]: event["count"] for event in spooled(recorder)} == {
        "ws/0/": 1, "ws/1/": 1, "ws/2/": 1, "other": 7,
    }  # fmt: skip


def test_handshake__in_a_flood_waits_for_its_turn(recorder: Recorder, clock: Clock) -> None:
    refuse(recorder, 100)
    assert not recorder.handshake(facts())
    clock.now += 1
    assert [recorder.handshake(facts()) for _ in range(7)] == [True] * RATE + [False] * 2
    clock.now += refusals.FLOOD_SECONDS
    assert all(recorder.handshake(facts()) for _ in range(100))
    assert kinds(recorder) == {"end": BURST, "open": RATE + 100}


def test_flush__numbers_only_grow_under_one_id(recorder: Recorder) -> None:
    recorder.refusals.rows.left = 0
    for _ in range(3):
        refuse(recorder, 10)
        recorder.refusals.flush()
    recorder.refusals.flush()
    events = spooled(recorder)
    assert [(event["e"], event["count"]) for event in events] == [
        ("refused", 10),
        ("refused", 20),
        ("refused", 30),
    ]
    assert len({event["id"] for event in events}) == 1
    assert {name: events[0][name] for name in ("process_id", "start", "endpoint", "cause")} == {
        "process_id": PROCESS, "start": NOON, "endpoint": "unmatched", "cause": "rejected_unmatched",
    }  # fmt: skip


def test_flush__each_process_minute_endpoint_and_cause_has_its_own_id() -> None:
    processes = (PROCESS, str(UUID(int=1)))
    keys = itertools.product(processes, (NOON, NOON + 60), ("a", "b"), ("x", "y"), (0, 1))
    ids = {refused_event(*key, count)[1] for key in keys for count in (1, 2)}
    assert len(ids) == 32


async def test_flush__happens_a_second_after_the_first_refusal_without_a_row(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "FLUSH_SECONDS", 0.01)
    assert recorder.refusals.timer is None
    refuse(recorder, 100)
    await until(lambda: kinds(recorder)["refused"])
    assert recorder.refusals.timer is None
    assert spooled(recorder)[-1]["count"] == 100 - BURST


async def test_flush__to_a_full_spool_is_tried_again(recorder: Recorder) -> None:
    assert recorder.spool
    recorder.refusals.rows.left = 0
    refuse(recorder, 7)
    recorder.spool.limit, limit = 0, recorder.spool.limit
    recorder.refusals.flush()
    assert recorder.refusals.timer is not None
    recorder.spool.limit = limit
    recorder.refusals.flush()
    assert [event["count"] for event in spooled(recorder)] == [7]
    assert recorder.dropped == 0


def test_flush__without_a_spool_keeps_the_numbers_until_it_is_opened(recorder: Recorder) -> None:
    spool, recorder.spool = recorder.spool, None
    recorder.refusals.rows.left = 0
    refuse(recorder, 7)
    recorder.refusals.flush()
    recorder.spool = spool
    recorder.refusals.flush()
    assert [event["count"] for event in spooled(recorder)] == [7]


def test_ended__without_room_for_its_number_counts_as_dropped(recorder: Recorder) -> None:
    recorder.refusals.rows.left, recorder.refusals.counts.limit = 0, 1
    refuse(recorder, 3)
    refuse(recorder, 2, ORIGIN)
    assert (recorder.refusals.counts.total, recorder.dropped) == (3, 2)


async def test_stop__appends_the_last_numbers(recording: Process) -> None:
    recording.recorder.refusals.rows.rate = recording.recorder.refusals.rows.left = 0
    refuse(recording.recorder, 3)
    await recording.stop()
    assert kinds(recording.recorder) == {"refused": 1}


def test_close__appends_the_last_numbers(recording: Process) -> None:
    recording.recorder.refusals.rows.rate = recording.recorder.refusals.rows.left = 0
    refuse(recording.recorder, 3)
    assert recording.recorder.spool
    folder = recording.recorder.spool.folder
    recording.close()
    assert [event["count"] for event in spooled_in(folder)] == [3]


# Writing them to the database.


def numbers(*counts: int, minute: int = NOON) -> list[Event]:
    """Return events of one key with these numbers."""
    return [refused_event(PROCESS, minute, CHAT, "rejected_origin", 0, count) for count in counts]


def segment(folder: Path, *events: Event) -> Path:
    """Return a sealed segment of a process."""
    path = folder / PROCESS / f"{time.monotonic_ns()}.log"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(map(encode, events)))
    return path


def stored() -> list[tuple[str, int, str, str, int]]:
    """Return the rows of refused handshakes without rows of their own."""
    rows = UnstoredRefusals.objects.order_by("start")
    return [(str(row.process_id), row.start, row.endpoint, row.cause, row.count) for row in rows]


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(itertools.permutations((3, 5, 9))))
@pytest.mark.parametrize("together", [True, False], ids=["at once", "one by one"])
def test_save__highest_number_counts_in_any_order(order: tuple[int, ...], together: bool) -> None:
    events = numbers(*order)
    for batch in [events] if together else [[event] for event in events]:
        store.save(batch)
    assert stored() == [(PROCESS, NOON, CHAT, "rejected_origin", 9)]


@pytest.mark.django_db
def test_write_segment__older_segment_once_more_changes_nothing(tmp_path: Path) -> None:
    older, newer = (
        segment(tmp_path, *numbers(1, 4)),
        segment(tmp_path, *numbers(6, 7), *numbers(2, minute=NOON + 60)),
    )
    for path in (older, newer, older, newer, older):
        assert store.write_segment(path) == 0
    assert [row[-1] for row in stored()] == [7, 2]


@pytest.mark.django_db
def test_write_segment__marks_the_minutes(tmp_path: Path) -> None:
    store.write_segment(segment(tmp_path, *numbers(1), *numbers(2, minute=NOON + 60)))
    assert sorted(ChangedMinute.objects.values_list("start", flat=True)) == [NOON, NOON + 60]


@pytest.mark.django_db
def test_write_segment__damaged_line_does_not_affect_the_number(tmp_path: Path) -> None:
    path = segment(tmp_path, *numbers(1, 4))
    bad = numbers(9)[0]
    path.write_bytes(path.read_bytes() + encode([*bad[:-1], "many"]) + b"damaged\n")
    assert store.write_segment(path) == 2
    assert [row[-1] for row in stored()] == [4]


@pytest.mark.django_db
def test_flood__every_refusal_is_a_row_or_in_a_number(recorder: Recorder, clock: Clock) -> None:
    assert recorder.spool
    for _ in range(200):
        clock.now += 1
        refuse(recorder, 3, UNMATCHED)
        refuse(recorder, 4, ORIGIN, endpoint=CHAT)
        refuse(recorder, 5, REJECTED, endpoint=CHAT, sent_code=4401)
        recorder.refusals.flush()
    for path in [*recorder.spool.seal()] * 2:
        assert store.write_segment(path) == 0
    found: Counter[str] = Counter(Connection.objects.values_list("cause", flat=True))
    assert found.total() <= BURST + 200 * RATE
    for row in UnstoredRefusals.objects.all():
        found[row.cause] += row.count
    assert found == {"rejected_unmatched": 600, "rejected_origin": 800, "rejected": 1000}
    assert sum(found.values()) == sum(counts.totals[2] for counts in recorder.tally.endpoints.values())
