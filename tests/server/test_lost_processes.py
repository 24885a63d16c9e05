"""Lost processes and their connections are ended once."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.server import lost_processes
from lifecycle.verdict.facts import new_id
from tests.factories import facts, life, opened, process_row

pytestmark = pytest.mark.django_db


def test_end_lost_processes__ends_processes_with_an_expired_lease_and_their_connections() -> None:
    process, healthy = process_row(silent_seconds=21), process_row(silent_seconds=19)
    (opened, accepted, _), (other, other_accepted, _) = life(process_id=process.id), life(process_id=healthy.id)
    store.save([opened, accepted, other, other_accepted])
    assert lost_processes.end_lost_processes(UUID(new_id())) == 1
    process.refresh_from_db()
    healthy.refresh_from_db()
    assert (process.end, process.ended_at) == ("lost", process.heartbeat_at)
    assert (healthy.end, healthy.ended_at) == ("", None)
    assert Connection.objects.get(id=opened[1]).closed_at == process.heartbeat_at
    assert Connection.objects.get(id=other[1]).state == "open"


def test_end_lost_processes__uses_the_lease_from_the_settings(settings: Any) -> None:  # noqa: ANN401
    process_row(silent_seconds=30)
    settings.LIFECYCLE = {"LEASE_SECONDS": 60.0}
    assert lost_processes.end_lost_processes(UUID(new_id())) == 0


def test_end_lost_processes__never_ends_its_own_process() -> None:
    process = process_row(silent_seconds=3600)
    assert lost_processes.end_lost_processes(process.id) == 0


def test_end_process__second_call_does_nothing() -> None:
    process = process_row(silent_seconds=3600)
    assert lost_processes.end_process(process) is True
    assert lost_processes.end_process(process) is False


def test_end_process__does_nothing_after_a_new_heartbeat() -> None:
    process = process_row(silent_seconds=3600)
    ServerProcess.objects.filter(id=process.id).update(heartbeat_at=timezone.now())
    assert lost_processes.end_process(process) is False
    process.refresh_from_db()
    assert process.end == ""


def test_end_lost_processes__skips_processes_that_were_shut_down_cleanly() -> None:
    process = process_row(silent_seconds=3600, ended_at=timezone.now(), end=ServerProcess.End.STOPPED)
    assert lost_processes.end_lost_processes(UUID(new_id())) == 0
    process.refresh_from_db()
    assert process.end == "stopped"


def test_end__is_never_before_the_handshake() -> None:
    process = process_row(silent_seconds=3600)
    store.save([opened(facts(opened_at=time.time()), process.id)])
    lost_processes.end_lost_processes(UUID(new_id()))
    row = Connection.objects.get()
    assert row.closed_at == row.opened_at


def test_end__does_not_change_connections_that_have_ended() -> None:
    process = process_row(silent_seconds=3600)
    store.save(list(life(process_id=process.id)))
    lost_processes.end_lost_processes(UUID(new_id()))
    assert Connection.objects.get().cause == "client_normal"


def test_end_forgotten__ends_the_given_open_connections_as_unknown() -> None:
    process = process_row()
    lives = [life(process_id=process.id) for _ in range(4)]
    store.save([lives[0][0], *lives[1][:2], *lives[2][:2], *lives[3]])
    recorded = lost_processes.open_connections(process.id)
    assert recorded == {UUID(life[0][1]) for life in lives[:3]}
    still_open = UUID(lives[2][0][1])
    assert lost_processes.end_forgotten(recorded - {still_open}) == 2
    rows = [Connection.objects.get(id=life[0][1]) for life in lives]
    assert [(row.state, row.cause, row.close_code, row.exact) for row in rows] == [
        ("rejected", "unknown", None, False),
        ("closed", "unknown", 1006, False),
        ("open", "", None, True),
        ("closed", "client_normal", 1000, True),
    ]


def test_end_forgotten__end_that_is_written_later_replaces_the_estimate() -> None:
    process = process_row()
    opened, accepted, ended = life(process_id=process.id)
    store.save([opened, accepted])
    lost_processes.end_forgotten(lost_processes.open_connections(process.id))
    store.save([ended])
    row = Connection.objects.get()
    assert (row.cause, row.close_code, row.exact) == ("client_normal", 1000, True)


def test_end_forgotten__splits_the_ids_into_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_processes, "BATCH", 2)
    process = process_row()
    store.save([event for _ in range(5) for event in life(process_id=process.id)[:2]])
    assert lost_processes.end_forgotten(lost_processes.open_connections(process.id)) == 5
    assert lost_processes.open_connections(process.id) == set()
