"""A process that stops in order during an outage of the database is not called lost afterwards."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from pytest_django import Settings

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.folders import LOCK_NAME
from lifecycle.server import heartbeat, housekeeping, lost_processes
from lifecycle.server.adoption import Adopter
from lifecycle.server.current import Current
from lifecycle.server.identity import Identity
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Verdict
from tests.beats import beat, close_connections
from tests.factories import accepted, ended, facts, process_row

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ("lifecycle_connection", "lifecycle_serverprocess")


@pytest.fixture
async def process(settings: Settings, tmp_path: Path) -> AsyncIterator[Process]:
    """Return a process without background jobs that has sent a heartbeat."""
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path, "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    process = Current.process = Process()
    process.open_spool()
    await beat(process)
    yield process
    process.jobs.cancel()
    close_connections(process)


@contextmanager
def outage() -> Iterator[None]:
    """Rename the tables, so the database refuses every statement."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    yield
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def stop_in_outage(process: Process) -> None:
    """Stop and close a process while the database refuses every statement."""
    with outage():
        asyncio.run_coroutine_threadsafe(process.stop(), loop_of(process)).result(5)
        process.close()


def loop_of(process: Process) -> asyncio.AbstractEventLoop:
    """Return the event loop of a process's tasks."""
    return process.jobs.tasks[0].get_loop()


def adopt(root: Path) -> ServerProcess:
    """Adopt all spools, as the next start does, and return the row of the only process."""
    for lock in root.glob(f"*/{LOCK_NAME}"):
        os.utime(lock, (1, 1))
    assert Adopter().adopt_orphans(root) == 1
    return ServerProcess.objects.get()


def spools(root: Path) -> list[str]:
    """Return the names of all spools."""
    return [path.name for path in root.glob("*-*")]


async def test_adopt__process_that_stopped_in_an_outage_is_stopped(process: Process, tmp_path: Path) -> None:
    known = facts()
    process.recorder.append(accepted(known, process.identity.id))
    process.recorder.append(ended(known, Verdict(Cause.SERVER_SHUTDOWN, 1012), process.identity.id))
    await sync_to_async(stop_in_outage, thread_sensitive=False)(process)
    row = await sync_to_async(adopt)(tmp_path)
    assert (row.end, row.ended_at is not None) == ("stopped", True)
    assert (await Connection.objects.aget()).cause == "server_shutdown"
    assert spools(tmp_path) == []


async def test_adopt__process_without_events_that_stopped_in_an_outage_is_stopped(
    process: Process, tmp_path: Path
) -> None:
    await sync_to_async(stop_in_outage, thread_sensitive=False)(process)
    assert (await sync_to_async(adopt)(tmp_path)).end == "stopped"


async def test_adopt__stopped_process_that_was_called_lost_meanwhile_is_put_right(
    process: Process, tmp_path: Path
) -> None:
    process.recorder.append(accepted(facts(), process.identity.id))
    assert process.writer
    assert await process.writer.drain()
    await sync_to_async(stop_in_outage, thread_sensitive=False)(process)
    row = await ServerProcess.objects.aget()
    await sync_to_async(lost_processes.end_process)(row)
    assert (await Connection.objects.aget()).cause == "process_lost"
    assert (await sync_to_async(adopt)(tmp_path)).end == "stopped"
    ended = await Connection.objects.aget()
    assert (ended.cause, ended.exact) == ("unknown", False), "its end is in no spool, but the process was not lost"


async def test_close__process_that_signed_off_leaves_no_folder(process: Process, tmp_path: Path) -> None:
    await process.stop()
    await sync_to_async(process.close, thread_sensitive=False)()
    assert spools(tmp_path) == []
    assert (await ServerProcess.objects.aget()).end == "stopped"


def open_row(process_id: object, seconds: float = 600) -> Connection:
    """Save an accepted connection that is still open, from ``seconds`` ago."""
    known = facts(opened_at=time.time() - seconds)
    store.save([accepted(known, process_id)])
    return Connection.objects.get(id=known.id)


def test_keep_house__open_row_without_a_process_is_ended() -> None:
    row = open_row("00000000-0000-7000-8000-000000000001")
    housekeeping.keep_house(process_row().id)
    row.refresh_from_db()
    assert (row.state, row.cause, row.exact, row.closed_at) == ("closed", "process_lost", False, row.accepted_at)


def test_keep_house__open_row_of_a_process_that_has_just_started_stays_open() -> None:
    row = open_row("00000000-0000-7000-8000-000000000001", seconds=3)
    housekeeping.keep_house(process_row().id)
    row.refresh_from_db()
    assert row.state == "open"


def test_beat__first_heartbeat_completes_the_row_that_the_housekeeping_inserted() -> None:
    identity = Identity()
    row = open_row(identity.id)
    housekeeping.keep_house(process_row().id)
    heartbeat.beat(identity, first=True)
    row.refresh_from_db()
    process = ServerProcess.objects.get(id=identity.id)
    assert (row.state, process.host, process.pid, process.end) == ("open", identity.host, identity.pid, "")
