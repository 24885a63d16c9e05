"""The heartbeat: it renews the process's row, and takes back connections that others called lost."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.server import heartbeat, lost_processes
from lifecycle.server.heartbeat import Pulse
from lifecycle.server.identity import Identity
from tests.factories import life

pytestmark = pytest.mark.django_db


@pytest.fixture
def identity() -> Identity:
    """Return a process that has no row yet."""
    return Identity()


def fell_silent(process: Identity) -> ServerProcess:
    """Let a process have been silent for an hour, and return its row."""
    long_ago = timezone.now() - timedelta(hours=1)
    ServerProcess.objects.filter(id=process.id).update(heartbeat_at=long_ago)
    return ServerProcess.objects.get(id=process.id)


def taken_for_lost(process: Identity) -> None:
    """Let a neighbour end a process that only paused."""
    assert lost_processes.end_process(fell_silent(process))


def test_beat__first_one_says_who_this_is() -> None:
    identity = Identity(release="2026.11")
    heartbeat.beat(identity)
    row = ServerProcess.objects.get()
    assert (row.id, row.host, row.pid) == (UUID(identity.id), identity.host, identity.pid)
    assert (row.release, row.started_at.timestamp()) == ("2026.11", pytest.approx(identity.started_at))
    assert (row.end, row.ended_at) == ("", None)
    assert abs(timezone.now() - row.heartbeat_at) < timedelta(minutes=1)


def test_beat__later_one_renews_the_lease_and_nothing_else(identity: Identity) -> None:
    heartbeat.beat(identity)
    silent = fell_silent(identity)
    heartbeat.beat(replace(identity, host="renamed"))
    row = ServerProcess.objects.get()
    assert row.heartbeat_at > silent.heartbeat_at
    assert (row.host, row.started_at) == (silent.host, silent.started_at)


def test_beat__takes_back_what_a_neighbour_took_for_lost(
    identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat.beat(identity)
    opened, accepted, _ = life(process_id=identity.id)
    handshake, _, _ = life(process_id=identity.id)
    store.save([opened, accepted, handshake])
    before = list(Connection.objects.order_by("id").values())
    taken_for_lost(identity)
    assert set(Connection.objects.values_list("state", flat=True)) == {"closed", "rejected"}

    with caplog.at_level(logging.WARNING, "lifecycle"):
        heartbeat.beat(identity)
    assert list(Connection.objects.order_by("id").values()) == before
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("", None)
    assert "reclaimed 2 open connections" in caplog.text


def test_beat__keeps_the_true_ends_that_were_written_meanwhile(identity: Identity) -> None:
    heartbeat.beat(identity)
    opened, accepted, ended = life(process_id=identity.id)
    store.save([opened, accepted])
    taken_for_lost(identity)
    store.save([ended])
    heartbeat.beat(identity)
    row = Connection.objects.get()
    assert (row.state, row.cause, row.exact) == ("closed", "client_normal", True)


def test_beat__leaves_the_losses_of_others_alone(identity: Identity) -> None:
    heartbeat.beat(identity)
    other = Identity()
    heartbeat.beat(other)
    store.save(life(process_id=other.id)[:2])
    taken_for_lost(other)
    heartbeat.beat(identity)
    assert Connection.objects.get().cause == "process_lost"
    assert ServerProcess.objects.get(id=other.id).end == "lost"


def test_end__says_that_it_stopped_in_order(identity: Identity) -> None:
    heartbeat.beat(identity)
    heartbeat.end(identity)
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("stopped", row.heartbeat_at)


def test_end__of_a_process_that_never_beat(identity: Identity) -> None:
    heartbeat.end(identity)
    assert ServerProcess.objects.get().end == "stopped"


def test_end__beats_the_verdict_of_a_neighbour(identity: Identity) -> None:
    heartbeat.beat(identity)
    taken_for_lost(identity)
    heartbeat.end(identity)
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
