"""The heartbeat: it renews the process's row, and takes back connections that others called lost."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.server import heartbeat, housekeeping
from lifecycle.server.heartbeat import Pulse
from lifecycle.server.process import Process
from tests.factories import life

pytestmark = pytest.mark.django_db


def fell_silent(process: Process) -> ServerProcess:
    """Set the last heartbeat of a process to an hour ago, and return its row."""
    long_ago = timezone.now() - timedelta(hours=1)
    ServerProcess.objects.filter(id=process.id).update(heartbeat_at=long_ago)
    return ServerProcess.objects.get(id=process.id)


def taken_for_lost(process: Process) -> None:
    """End a process as another one does that takes it for lost."""
    assert housekeeping.end_process(fell_silent(process))


def test_beat__first_one_creates_the_row(recording: Process) -> None:
    recording.release = "2026.11"
    heartbeat.beat(recording)
    row = ServerProcess.objects.get()
    assert (row.id, row.host, row.pid) == (UUID(recording.id), recording.host, recording.pid)
    assert (row.release, row.started_at.timestamp()) == ("2026.11", pytest.approx(recording.started_at))
    assert (row.end, row.ended_at) == ("", None)
    assert abs(timezone.now() - row.heartbeat_at) < timedelta(minutes=1)


def test_beat__later_one_only_renews_the_lease(recording: Process) -> None:
    heartbeat.beat(recording)
    silent = fell_silent(recording)
    recording.host = "renamed"
    heartbeat.beat(recording)
    row = ServerProcess.objects.get()
    assert row.heartbeat_at > silent.heartbeat_at
    assert (row.host, row.started_at) == (silent.host, silent.started_at)


def test_beat__takes_back_connections_that_were_ended_as_lost(
    recording: Process, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat.beat(recording)
    opened, accepted, _ = life(process_id=recording.id)
    handshake, _, _ = life(process_id=recording.id)
    store.save([opened, accepted, handshake])
    before = list(Connection.objects.order_by("id").values())
    taken_for_lost(recording)
    assert set(Connection.objects.values_list("state", flat=True)) == {"closed", "rejected"}

    with caplog.at_level(logging.WARNING, "lifecycle"):
        heartbeat.beat(recording)
    assert list(Connection.objects.order_by("id").values()) == before
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("", None)
    assert "took 2 open connections back" in caplog.text


def test_beat__keeps_true_ends_that_were_written_since(recording: Process) -> None:
    heartbeat.beat(recording)
    opened, accepted, ended = life(process_id=recording.id)
    store.save([opened, accepted])
    taken_for_lost(recording)
    store.save([ended])
    heartbeat.beat(recording)
    row = Connection.objects.get()
    assert (row.state, row.cause, row.exact) == ("closed", "client_normal", True)


def test_beat__leaves_lost_connections_of_other_processes_alone(recording: Process) -> None:
    heartbeat.beat(recording)
    other = Process("")
    heartbeat.beat(other)
    store.save(life(process_id=other.id)[:2])
    taken_for_lost(other)
    heartbeat.beat(recording)
    assert Connection.objects.get().cause == "process_lost"
    assert ServerProcess.objects.get(id=other.id).end == "lost"


def test_end__marks_the_process_as_stopped(recording: Process) -> None:
    heartbeat.beat(recording)
    heartbeat.end(recording)
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("stopped", row.heartbeat_at)


def test_end__of_a_process_that_never_beat(recording: Process) -> None:
    heartbeat.end(recording)
    assert ServerProcess.objects.get().end == "stopped"


def test_end__overrides_a_loss_that_was_assumed(recording: Process) -> None:
    heartbeat.beat(recording)
    taken_for_lost(recording)
    heartbeat.end(recording)
    assert ServerProcess.objects.get().end == "stopped"


BEATS = {
    "first beat": ([0], False),
    "not long enough yet": ([0, 5], False),
    "long enough": ([0, 5, 10], True),
    "first one after a gap": ([0, 5, 10, 20], False),
    "soon after a gap": ([0, 5, 10, 40, 45], False),
    "long after a gap": ([0, 5, 10, 40, 45, 50], True),
}


@pytest.mark.parametrize(("beats", "expected"), BEATS.values(), ids=BEATS)
def test_pulse__is_steady_after_ten_seconds_without_a_gap(beats: list[float], expected: bool) -> None:
    pulse = Pulse()
    assert [pulse.steady(at, 10) for at in beats][-1] is expected
