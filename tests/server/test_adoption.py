"""Adoption of the spools of dead processes."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.events import Event
from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.lines import encode
from lifecycle.record.owners import NAME
from lifecycle.record.spool import Spool
from lifecycle.server import adoption, lost_processes
from lifecycle.verdict.facts import new_id
from tests.factories import life, process_row

pytestmark = pytest.mark.django_db


def spool_of_dead_process(root: Path, process_id: UUID, *events: Event) -> Path:
    """Create the spool of a process that died an hour ago; return the folder."""
    spool = Spool(root / str(process_id), 1024 * 1024)
    for event in events:
        spool.append(encode(event))
    spool.close()
    past = time.time() - 3600
    os.utime(spool.folder / LOCK_NAME, (past, past))
    return spool.folder


def test_adopt__writes_the_events_of_a_dead_process(tmp_path: Path) -> None:
    process = process_row(silent_seconds=60)
    folder = spool_of_dead_process(tmp_path, process.id, *life(process_id=process.id))
    assert adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own") == 1
    row = Connection.objects.get()
    assert (row.state, row.cause, row.exact) == ("closed", "client_normal", True)
    assert not folder.exists()


def test_adopt__ends_the_open_connections_of_a_dead_process(tmp_path: Path) -> None:
    process = process_row(silent_seconds=60)
    opened, accepted, _ = life(process_id=process.id)
    refused, _, _ = life(process_id=process.id)
    spool_of_dead_process(tmp_path, process.id, opened, accepted, refused)
    adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own")
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


def test_adopt__process_without_a_heartbeat_ends_at_its_last_write(tmp_path: Path) -> None:
    process_id = UUID(new_id())
    opened, accepted, _ = life(process_id=process_id)
    folder = spool_of_dead_process(tmp_path, process_id, opened, accepted)
    last_write = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own")
    row = Connection.objects.get()
    assert (row.cause, row.closed_at) == ("process_lost", last_write)


def test_adopt__adopts_a_process_that_was_already_declared_lost(tmp_path: Path) -> None:
    process = process_row(silent_seconds=3600)
    opened, accepted, _ = life(process_id=process.id)
    spool_of_dead_process(tmp_path, process.id, opened, accepted)
    lost_processes.end_lost_processes(UUID(new_id()))
    adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own")
    assert Connection.objects.get().cause == "process_lost"


def test_adopt__end_in_the_spool_replaces_the_estimate(tmp_path: Path) -> None:
    process = process_row(silent_seconds=3600)
    opened, accepted, ended = life(process_id=process.id)
    store.save([opened, accepted])
    lost_processes.end_lost_processes(UUID(new_id()))
    assert Connection.objects.get().cause == "process_lost"
    spool_of_dead_process(tmp_path, process.id, ended)
    adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own")
    row = Connection.objects.get()
    assert (row.cause, row.close_code, row.exact) == ("client_normal", 1000, True)


def test_adopt__keeps_the_end_of_a_process_that_was_shut_down_cleanly(tmp_path: Path) -> None:
    process = process_row(ended_at=timezone.now(), end=ServerProcess.End.STOPPED)
    spool_of_dead_process(tmp_path, process.id, *life(process_id=process.id))
    adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own")
    process.refresh_from_db()
    assert process.end == "stopped"
    assert Connection.objects.get().cause == "client_normal"


def test_adopt__skips_the_spool_of_a_live_process(tmp_path: Path) -> None:
    process = process_row()
    spool = Spool(tmp_path / str(process.id), 1024)
    spool.append(b"1\n")
    past = time.time() - 3600
    os.utime(spool.folder / LOCK_NAME, (past, past))
    assert adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own") == 0
    assert spool.backlog() == 1
    spool.close()


def test_adopt__that_fails_in_an_outage_can_be_repeated_without_loss(tmp_path: Path) -> None:
    process = process_row(silent_seconds=60)
    folder = spool_of_dead_process(tmp_path, process.id, *life(process_id=process.id))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lifecycle_connection RENAME TO moved_away")
    adopter = adoption.Adopter()
    assert adopter.adopt_orphans(tmp_path, tmp_path / "own") == 0
    assert isinstance(adopter.stuck[folder.name], DatabaseError)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE moved_away RENAME TO lifecycle_connection")
    assert list(folder.glob("*.log"))
    assert adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own") == 1
    assert Connection.objects.get().cause == "client_normal"


def test_adopt__skips_folders_that_are_not_spools(tmp_path: Path) -> None:
    process = process_row(silent_seconds=60)
    other_folder = tmp_path / "00-not-a-spool"
    other_folder.mkdir()
    (other_folder / LOCK_NAME).touch()
    os.utime(other_folder / LOCK_NAME, (1, 1))
    spool_of_dead_process(tmp_path, process.id, *life(process_id=process.id))
    assert adoption.Adopter().adopt_orphans(tmp_path, tmp_path / "own") == 1
    assert other_folder.exists()


@pytest.mark.parametrize("at", ["1e18", "NaN", "1e400"])
def test_adopt__impossible_time_of_a_stop_does_not_prevent_it(tmp_path: Path, at: str) -> None:
    process = process_row(silent_seconds=3600, host=socket.gethostname())
    opened, accepted, _ = life(process_id=process.id)
    folder = spool_of_dead_process(tmp_path, process.id, opened, accepted)
    (folder / NAME).write_text(f'{{"format": 2, "stopped_at": {at}}}')
    assert adoption.Adopter().adopt_orphans(tmp_path) == 1
    assert Connection.objects.get().cause == "process_lost"


def test_adopt__process_without_a_heartbeat_never_ends_in_the_future(tmp_path: Path) -> None:
    process_id = UUID(new_id())
    opened, accepted, _ = life(process_id=process_id)
    folder = spool_of_dead_process(tmp_path, process_id, opened, accepted)
    tomorrow = time.time() + 86_400
    os.utime(folder, (tomorrow, tomorrow))
    assert adoption.Adopter().adopt_orphans(tmp_path) == 1
    row = Connection.objects.get()
    assert row.closed_at
    assert row.closed_at <= timezone.now()
