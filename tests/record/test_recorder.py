"""The recorder counts each event, appends it to the spool, and never raises."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lifecycle.counts.report_limits import SPOOL_SHARE
from lifecycle.record.recorder import QUIET_SECONDS, Recorder
from lifecycle.record.spool import Spool
from lifecycle.verdict.causes import Cause, Verdict
from tests.asgi import spooled_in
from tests.factories import CHAT, LOST, NORMAL, PROCESS, facts, make_facts


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Return a recorder with a spool and one internal endpoint."""
    return Recorder(PROCESS, Spool(tmp_path / PROCESS, 1024 * 1024), internal_endpoints=["ws/own/"])


def kinds(recorder: Recorder) -> list[str]:
    """Return the kinds of the events in the spool."""
    assert recorder.spool
    return [event["e"] for event in spooled_in(recorder.spool.folder)]


def test_accepted__is_counted_and_appended(recorder: Recorder) -> None:
    counts = recorder.accepted(make_facts(endpoint=CHAT, opened_at=1.0, accepted_at=1.5))
    assert counts is recorder.tally.endpoints[CHAT]
    assert (counts.opened, counts.open, counts.handshakes.total) == (1, 1, 0.5)
    assert (kinds(recorder), recorder.recorded, recorder.backlog()) == (["accept"], 1, 1)


def test_ended__of_an_accepted_connection_is_counted_as_a_close(recorder: Recorder) -> None:
    known = make_facts(endpoint=CHAT, opened_at=1.0, accepted_at=1.5, ended_at=4.5)
    recorder.accepted(known)
    recorder.ended(known, LOST)
    counts = recorder.tally.endpoints[CHAT]
    assert (counts.open, dict(counts.ends), counts.durations.total) == (0, {("1006", LOST.cause): 1}, 3.0)
    assert kinds(recorder) == ["accept", "end"]


def test_ended__of_a_handshake_is_counted_as_a_refusal(recorder: Recorder) -> None:
    recorder.ended(make_facts(endpoint=CHAT, ended_at=2.0), LOST)
    counts = recorder.tally.endpoints[CHAT]
    assert (counts.opened, dict(counts.ends), dict(counts.rejected)) == (0, {}, {LOST.cause: 1})


@pytest.mark.parametrize(("endpoint", "remembered"), [(CHAT, 1), ("ws/own/", 0), ("outer/ws/own/", 0)])
def test_ended__is_remembered_unless_the_endpoint_is_internal(
    recorder: Recorder, endpoint: str, remembered: int
) -> None:
    recorder.ended(make_facts(endpoint=endpoint, opened_at=1.0, accepted_at=1.5, ended_at=2.0), NORMAL)
    assert len(list(recorder.recent)) == remembered
    assert kinds(recorder) == ["end"]


def test_ended__refusal_at_an_internal_endpoint_is_remembered(recorder: Recorder) -> None:
    recorder.ended(make_facts(endpoint="ws/own/", ended_at=2.0), Verdict(Cause.REJECTED, None))
    assert len(list(recorder.recent)) == 1


def test_handshake__is_appended_and_not_counted(recorder: Recorder) -> None:
    recorder.handshake(facts())
    assert (kinds(recorder), recorder.tally.endpoints) == (["open"], {})


def test_reported__is_appended_with_its_columns(recorder: Recorder) -> None:
    known = make_facts(tab_id="tab-1")
    recorder.reported(known, "status", state="hidden", note="")
    assert recorder.spool
    [event] = spooled_in(recorder.spool.folder)
    assert (event["e"], event["connection_id"], event["tab_id"]) == ("report", known.id, "tab-1")
    assert (event["kind"], event["state"]) == ("status", "hidden")


def test_append__without_a_spool_counts_a_dropped_event() -> None:
    recorder = Recorder(PROCESS)
    recorder.handshake(facts())
    assert (recorder.recorded, recorder.dropped, recorder.backlog()) == (0, 1, 0)


def test_append__to_a_full_spool_counts_a_dropped_event(tmp_path: Path) -> None:
    recorder = Recorder(PROCESS, Spool(tmp_path / PROCESS, limit=10))
    recorder.handshake(facts())
    assert (recorder.recorded, recorder.dropped) == (0, 1)


def test_accepted__is_counted_even_if_it_cannot_be_appended(recorder: Recorder) -> None:
    recorder.spool = None
    counts = recorder.accepted(make_facts(endpoint=CHAT, accepted_at=1.0))
    assert counts
    assert (counts.opened, recorder.dropped) == (1, 1)


def test_guard__returns_the_result(recorder: Recorder) -> None:
    assert recorder.guard(int, "7") == 7
    assert recorder.dropped == 0


def test_guard__counts_every_failure_and_logs_each_kind_once(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("a", "b"):
        assert recorder.guard(int, text) is None
    recorder.guard(dict, 1)
    recorder.handshake(facts())
    assert recorder.dropped == 3
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError, TypeError]


def test_failed__second_failure_of_the_same_kind_is_logged_after_events_were_recorded(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        recorder.failed(OSError("the disk is full"))
        recorder.handshake(facts())
        recorder.outage.failed_at -= QUIET_SECONDS
        recorder.handshake(facts())
    assert [record.getMessage() for record in caplog.records] == [
        "An event was not recorded (later failures of this kind are only counted): the disk is full",
        "Events are recorded again; number of failures: 1",
    ] * 2


def report_until_refused(recorder: Recorder, note: str = "x" * 1000) -> int:
    """Report until a report is not recorded; return the number of recorded reports."""
    for number in range(100_000):
        before = recorder.recorded
        recorder.reported(facts(), "status", state="hidden", note=note)
        if recorder.recorded == before:
            return number
    raise AssertionError("reports have no limit")


def test_reported__fills_only_a_share_of_the_spool_and_ends_have_the_rest(recorder: Recorder) -> None:
    assert recorder.spool
    report_until_refused(recorder)
    assert recorder.spool.size <= recorder.spool.limit * SPOOL_SHARE
    assert (recorder.dropped, recorder.skipped_reports) == (1, 0)
    while recorder.spool.size < recorder.spool.limit * 0.99:
        recorder.ended(facts(ended_at=time.time()), NORMAL)
    assert recorder.dropped == 1


def test_reported__is_dropped_first_if_the_spool_is_nearly_full(recorder: Recorder) -> None:
    assert recorder.spool
    while recorder.spool.size < recorder.spool.limit * (1 - SPOOL_SHARE):
        recorder.handshake(facts())
    recorder.reported(facts(), "status", state="hidden", note="")
    assert recorder.dropped == 1
    recorder.ended(facts(ended_at=time.time()), NORMAL)
    assert recorder.dropped == 1


def test_reported__has_its_share_again_after_the_segment_was_written(recorder: Recorder) -> None:
    assert recorder.spool
    first = report_until_refused(recorder)
    for path in recorder.spool.seal():
        recorder.spool.discard(path)
    assert report_until_refused(recorder) == first


def test_reported__bytes_per_second_of_a_process_are_limited(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert recorder.spool
    recorder.spool.limit, recorder.report_rate.left = 2**30, 0.0
    recorder.report_rate.at = now = time.monotonic()
    monkeypatch.setattr("lifecycle.record.recorder.time.monotonic", lambda: now)
    seconds = 20
    for step in range(seconds * 100):
        now += 0.01
        for _ in range(5):
            recorder.reported(facts(), "status", state=f"s{step}", note="x" * 1000)
    rate = recorder.report_rate.rate
    assert rate * seconds / 2 < recorder.spool.size <= rate * seconds
    assert recorder.recorded + recorder.skipped_reports == seconds * 500
    assert (recorder.dropped, len(caplog.records)) == (0, 1)


def test_reported__keeps_its_own_time(recorder: Recorder) -> None:
    recorder.reported(facts(), "status", at=7.5, state="hidden", note="")
    assert recorder.spool
    assert [event["at"] for event in spooled_in(recorder.spool.folder)] == [7.5]
