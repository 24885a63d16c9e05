"""The heartbeat renews the row of a process, and reopens connections that another process declared lost."""

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
    """Return the identity of a process that has no row yet."""
    return Identity()


def silence(process: Identity) -> ServerProcess:
    """Set the last heartbeat of a process to an hour ago; return its row."""
    long_ago = timezone.now() - timedelta(hours=1)
    ServerProcess.objects.filter(id=process.id).update(heartbeat_at=long_ago)
    return ServerProcess.objects.get(id=process.id)


def declare_lost(process: Identity) -> None:
    """Make another process declare this process lost after an hour of silence."""
    assert lost_processes.end_process(silence(process))


def test_beat__first_heartbeat_inserts_the_row() -> None:
    identity = Identity(release="2026.11")
    heartbeat.beat(identity)
    row = ServerProcess.objects.get()
    assert (row.id, row.host, row.pid) == (UUID(identity.id), identity.host, identity.pid)
    assert (row.release, row.started_at.timestamp()) == ("2026.11", pytest.approx(identity.started_at))
    assert (row.end, row.ended_at) == ("", None)
    assert abs(timezone.now() - row.heartbeat_at) < timedelta(minutes=1)


def test_beat__later_heartbeat_only_renews_the_lease(identity: Identity) -> None:
    heartbeat.beat(identity)
    silent = silence(identity)
    heartbeat.beat(replace(identity, host="renamed"))
    row = ServerProcess.objects.get()
    assert row.heartbeat_at > silent.heartbeat_at
    assert (row.host, row.started_at) == (silent.host, silent.started_at)


def test_beat__reopens_connections_that_another_process_declared_lost(
    identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat.beat(identity)
    opened, accepted, _ = life(process_id=identity.id)
    handshake, _, _ = life(process_id=identity.id)
    store.save([opened, accepted, handshake])
    before = list(Connection.objects.order_by("id").values())
    declare_lost(identity)
    assert set(Connection.objects.values_list("state", flat=True)) == {"closed", "rejected"}

    with caplog.at_level(logging.WARNING, "lifecycle"):
        heartbeat.beat(identity)
    assert list(Connection.objects.order_by("id").values()) == before
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("", None)
    assert "reclaimed 2 open connections" in caplog.text


def test_beat__keeps_true_ends_that_were_written_in_the_meantime(identity: Identity) -> None:
    heartbeat.beat(identity)
    opened, accepted, ended = life(process_id=identity.id)
    store.save([opened, accepted])
    declare_lost(identity)
    store.save([ended])
    heartbeat.beat(identity)
    row = Connection.objects.get()
    assert (row.state, row.cause, row.exact) == ("closed", "client_normal", True)


def test_beat__leaves_the_connections_of_other_processes_alone(identity: Identity) -> None:
    heartbeat.beat(identity)
    other = Identity()
    heartbeat.beat(other)
    store.save(life(process_id=other.id)[:2])
    declare_lost(other)
    heartbeat.beat(identity)
    assert Connection.objects.get().cause == "process_lost"
    assert ServerProcess.objects.get(id=other.id).end == "lost"


def test_end__records_a_clean_shutdown(identity: Identity) -> None:
    heartbeat.beat(identity)
    heartbeat.end(identity)
    row = ServerProcess.objects.get()
    assert (row.end, row.ended_at) == ("stopped", row.heartbeat_at)


def test_end__of_a_process_without_a_heartbeat_inserts_the_row(identity: Identity) -> None:
    heartbeat.end(identity)
    assert ServerProcess.objects.get().end == "stopped"


def test_end__replaces_lost_with_stopped(identity: Identity) -> None:
    heartbeat.beat(identity)
    declare_lost(identity)
    heartbeat.end(identity)
    assert ServerProcess.objects.get().end == "stopped"


BEATS = {
    "first beat": ([0], False),
    "not long enough yet": ([0, 5], False),
    "long enough": ([0, 5, 10], True),
    "first beat after a gap": ([0, 5, 10, 20], False),
    "soon after a gap": ([0, 5, 10, 40, 45], False),
    "long after a gap": ([0, 5, 10, 40, 45, 50], True),
}


@pytest.mark.parametrize(("beats", "expected"), BEATS.values(), ids=BEATS)
def test_pulse__is_steady_after_ten_seconds_without_a_gap(beats: list[float], expected: bool) -> None:
    pulse = Pulse()
    assert [pulse.steady(at, 10) for at in beats][-1] is expected
