"""Housekeeping after a process died: its spool is adopted, and its connections end exactly once."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.events import Event, encode
from lifecycle.record.spool import LOCK_NAME, Spool
from lifecycle.server import housekeeping
from lifecycle.verdict.facts import new_id
from tests.factories import facts, life, opened, process_row

pytestmark = pytest.mark.django_db


def left_behind(root: Path, process_id: UUID, *events: Event) -> Path:
    """Write the spool of a process that died an hour ago, and return its folder."""
    spool = Spool(root / str(process_id), 1024 * 1024)
    for event in events:
        spool.append(encode(event))
    spool.close()
    past = time.time() - 3600
    os.utime(spool.folder / LOCK_NAME, (past, past))
    return spool.folder


def test_adopt__writes_the_spool_of_a_dead_process(tmp_path: Path) -> None:
    process = process_row()
    folder = left_behind(tmp_path, process.id, *life(process_id=process.id))
    assert housekeeping.adopt_orphans(tmp_path, tmp_path / "own") == 1
    row = Connection.objects.get()
    assert (row.state, row.cause, row.exact) == ("closed", "client_normal", True)
    assert not folder.exists()


def test_adopt__ends_open_connections_as_lost(tmp_path: Path) -> None:
    process = process_row()
    opened, accepted, _ = life(process_id=process.id)
    refused, _, _ = life(process_id=process.id)
    left_behind(tmp_path, process.id, opened, accepted, refused)
    housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    row, handshake = Connection.objects.get(id=opened[1]), Connection.objects.get(id=refused[1])
    assert (row.state, row.cause, row.initiator, row.close_code, row.exact) == (
        "closed",
        "process_lost",
        "server",
        1006,
        False,
    )
    assert (handshake.state, handshake.cause, handshake.close_code) == ("rejected", "process_lost", None)
    process.refresh_from_db()
    assert (process.end, process.ended_at, row.closed_at) == ("lost", process.heartbeat_at, process.heartbeat_at)


def test_adopt__of_a_process_that_never_had_a_heartbeat(tmp_path: Path) -> None:
    process_id = UUID(new_id())
    opened, accepted, _ = life(process_id=process_id)
    folder = left_behind(tmp_path, process_id, opened, accepted)
    written = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    row = Connection.objects.get()
    assert (row.cause, row.closed_at) == ("process_lost", written)


def test_adopt__of_a_process_that_others_took_for_lost_long_ago(tmp_path: Path) -> None:
    process = process_row(silent_seconds=3600)
    opened, accepted, _ = life(process_id=process.id)
    left_behind(tmp_path, process.id, opened, accepted)
    housekeeping.end_lost_processes(UUID(new_id()))
    housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    assert Connection.objects.get().cause == "process_lost"


def test_adopt__true_end_in_the_spool_replaces_the_estimate(tmp_path: Path) -> None:
    process = process_row(silent_seconds=3600)
    opened, accepted, ended = life(process_id=process.id)
    store.save([opened, accepted])
    housekeeping.end_lost_processes(UUID(new_id()))
    assert Connection.objects.get().cause == "process_lost"
    left_behind(tmp_path, process.id, ended)
    housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    row = Connection.objects.get()
    assert (row.cause, row.close_code, row.exact) == ("client_normal", 1000, True)


def test_adopt__of_a_process_that_stopped_in_order_keeps_its_end(tmp_path: Path) -> None:
    process = process_row(ended_at=timezone.now(), end=ServerProcess.End.STOPPED)
    left_behind(tmp_path, process.id, *life(process_id=process.id))
    housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    process.refresh_from_db()
    assert process.end == "stopped"
    assert Connection.objects.get().cause == "client_normal"


def test_adopt__skips_the_spool_of_a_running_process(tmp_path: Path) -> None:
    process = process_row()
    spool = Spool(tmp_path / str(process.id), 1024)
    spool.append(b"1\n")
    past = time.time() - 3600
    os.utime(spool.folder / LOCK_NAME, (past, past))
    assert housekeeping.adopt_orphans(tmp_path, tmp_path / "own") == 0
    assert spool.backlog() == 1
    spool.close()


def test_adopt__in_an_outage_loses_nothing_and_continues_after_it(tmp_path: Path) -> None:
    process = process_row()
    folder = left_behind(tmp_path, process.id, *life(process_id=process.id))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lifecycle_connection RENAME TO away")
    with pytest.raises(DatabaseError):
        housekeeping.adopt_orphans(tmp_path, tmp_path / "own")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO lifecycle_connection")
    assert list(folder.glob("*.log"))
    assert housekeeping.adopt_orphans(tmp_path, tmp_path / "own") == 1
    assert Connection.objects.get().cause == "client_normal"


def test_adopt__ignores_other_folders(tmp_path: Path) -> None:
    process = process_row()
    stranger = tmp_path / "00-not-a-spool"
    stranger.mkdir()
    (stranger / LOCK_NAME).touch()
    os.utime(stranger / LOCK_NAME, (1, 1))
    left_behind(tmp_path, process.id, *life(process_id=process.id))
    assert housekeeping.adopt_orphans(tmp_path, tmp_path / "own") == 1
    assert stranger.exists()


def test_lease__that_expired_ends_the_process_and_its_connections() -> None:
    process, healthy = process_row(silent_seconds=21), process_row(silent_seconds=19)
    (opened, accepted, _), (other, other_accepted, _) = life(process_id=process.id), life(process_id=healthy.id)
    store.save([opened, accepted, other, other_accepted])
    assert housekeeping.end_lost_processes(UUID(new_id())) == 1
    process.refresh_from_db()
    healthy.refresh_from_db()
    assert (process.end, process.ended_at) == ("lost", process.heartbeat_at)
    assert (healthy.end, healthy.ended_at) == ("", None)
    assert Connection.objects.get(id=opened[1]).closed_at == process.heartbeat_at
    assert Connection.objects.get(id=other[1]).state == "open"


def test_lease__length_is_a_setting(settings: Any) -> None:  # noqa: ANN401
    process_row(silent_seconds=30)
    settings.LIFECYCLE = {"LEASE_SECONDS": 60.0}
    assert housekeeping.end_lost_processes(UUID(new_id())) == 0


def test_lease__of_the_caller_does_not_expire() -> None:
    process = process_row(silent_seconds=3600)
    assert housekeeping.end_lost_processes(process.id) == 0


def test_lease__is_ended_by_only_one_process() -> None:
    process = process_row(silent_seconds=3600)
    assert housekeeping.end_process(process) is True
    assert housekeeping.end_process(process) is False


def test_lease__that_was_renewed_since_has_not_expired() -> None:
    process = process_row(silent_seconds=3600)
    ServerProcess.objects.filter(id=process.id).update(heartbeat_at=timezone.now())
    assert housekeeping.end_process(process) is False
    process.refresh_from_db()
    assert process.end == ""


def test_lease__of_a_process_that_stopped_in_order_is_over() -> None:
    process = process_row(silent_seconds=3600, ended_at=timezone.now(), end=ServerProcess.End.STOPPED)
    assert housekeeping.end_lost_processes(UUID(new_id())) == 0
    process.refresh_from_db()
    assert process.end == "stopped"


def test_end__is_never_before_the_beginning() -> None:
    process = process_row(silent_seconds=3600)
    store.save([opened(facts(opened_at=time.time()), process.id)])
    housekeeping.end_lost_processes(UUID(new_id()))
    row = Connection.objects.get()
    assert row.closed_at == row.opened_at


def test_end__of_connections_that_had_ended_is_left_alone() -> None:
    process = process_row(silent_seconds=3600)
    store.save(list(life(process_id=process.id)))
    housekeeping.end_lost_processes(UUID(new_id()))
    assert Connection.objects.get().cause == "client_normal"


def test_keep_house__is_done_by_one_process_at_a_time() -> None:
    one, other = UUID(new_id()), UUID(new_id())
    lost = process_row(silent_seconds=3600)
    assert housekeeping.keep_house(one) is True
    assert housekeeping.keep_house(other) is False
    assert housekeeping.keep_house(one) is True
    lost.refresh_from_db()
    assert lost.end == "lost"


def test_keep_house__ends_late_connections_of_a_dead_process() -> None:
    process = process_row(silent_seconds=3600)
    housekeeping.end_process(process)
    opened, accepted, _ = life(process_id=process.id)
    store.save([opened, accepted])
    housekeeping.keep_house(UUID(new_id()))
    row = Connection.objects.get()
    assert (row.cause, row.exact) == ("process_lost", False)


def test_end_forgotten__calls_open_connections_unknown_and_leaves_the_others_alone() -> None:
    process = process_row()
    lives = [life(process_id=process.id) for _ in range(4)]
    store.save([lives[0][0], *lives[1][:2], *lives[2][:2], *lives[3]])
    recorded = housekeeping.open_connections(process.id)
    assert recorded == {UUID(life[0][1]) for life in lives[:3]}
    still_open = UUID(lives[2][0][1])
    assert housekeeping.end_forgotten(recorded - {still_open}) == 2
    rows = [Connection.objects.get(id=life[0][1]) for life in lives]
    assert [(row.state, row.cause, row.close_code, row.exact) for row in rows] == [
        ("rejected", "unknown", None, False),
        ("closed", "unknown", 1006, False),
        ("open", "", None, True),
        ("closed", "client_normal", 1000, True),
    ]


def test_end_forgotten__is_corrected_by_a_late_end() -> None:
    process = process_row()
    opened, accepted, ended = life(process_id=process.id)
    store.save([opened, accepted])
    housekeeping.end_forgotten(housekeeping.open_connections(process.id))
    store.save([ended])
    row = Connection.objects.get()
    assert (row.cause, row.close_code, row.exact) == ("client_normal", 1000, True)


def test_end_forgotten__handles_more_than_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    process = process_row()
    store.save([event for _ in range(5) for event in life(process_id=process.id)[:2]])
    assert housekeeping.end_forgotten(housekeeping.open_connections(process.id)) == 5
    assert housekeeping.open_connections(process.id) == set()
