"""A spool folder that cannot be read stops neither the other folders nor the housekeeping, and is reported."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from dashboard.live.broadcast import snapshot_of
from lifecycle.models import Connection, ServerProcess
from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.lines import encode
from lifecycle.record.spool import Spool
from lifecycle.server import housekeeping
from lifecycle.server.current import Current
from lifecycle.server.process import Process
from tests.beats import beat, close_connections
from tests.factories import life, process_row

pytestmark = pytest.mark.django_db(transaction=True)
#: Its ID sorts before all time-ordered IDs, so its folder is the first to be tried.
UNREADABLE = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    """Return a spool root with an unreadable folder: opening a folder as a file fails, even for root."""
    root = tmp_path / "spool"
    settings.LIFECYCLE = {"SPOOL_DIR": root, "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    (root / UNREADABLE / LOCK_NAME).mkdir(parents=True)
    os.utime(root / UNREADABLE / LOCK_NAME, (1, 1))
    return root


@pytest.fixture
async def process(root: Path) -> AsyncIterator[Process]:
    """Return a process whose heartbeats have been regular; its background jobs do not run."""
    process = Current.process = Process()
    process.open_spool()
    process.pulse.last, process.pulse.since = time.monotonic(), time.monotonic() - 3600
    yield process
    process.jobs.cancel()
    close_connections(process)


def dead_spool(root: Path) -> Path:
    """Create the spool of a process that has been dead for an hour, with all events of one connection."""
    row = process_row(silent_seconds=3600)
    spool = Spool(root / str(row.id), 1024 * 1024)
    for event in life(process_id=row.id):
        spool.append(encode(event))
    spool.close()
    os.utime(spool.folder / LOCK_NAME, (1, 1))
    return spool.folder


def ready() -> tuple[int, dict[str, object]]:
    """Return the status and the body of ``/readyz``."""
    answer = Client().get("/readyz")
    return answer.status_code, json.loads(answer.content)


async def test_beat__unreadable_folder_stops_neither_adoption_nor_housekeeping(
    root: Path, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    folder = await sync_to_async(dead_spool)(root)
    lost = await sync_to_async(process_row)(silent_seconds=3600)
    for _ in range(3):
        await beat(process)
    assert not folder.exists()
    assert (await Connection.objects.aget()).cause == "client_normal"
    assert (await ServerProcess.objects.aget(id=lost.id)).end == "lost"
    assert len([record for record in caplog.records if UNREADABLE in record.getMessage()]) == 1


async def test_beat__page_and_readyz_name_the_unreadable_folder(root: Path, process: Process) -> None:
    await beat(process)
    assert snapshot_of(process, time.time())["faults"] == ["adoption"]
    status, body = await sync_to_async(ready)()
    assert (status, body) == (
        200,
        {"database": "ok", "spool": "ok", "stuck": {"adoption": [f"{UNREADABLE}: IsADirectoryError"]}},
    )


async def test_beat__folder_that_becomes_readable_is_no_longer_reported(root: Path, process: Process) -> None:
    await beat(process)
    (root / UNREADABLE / LOCK_NAME).rmdir()
    await beat(process)
    assert snapshot_of(process, time.time())["faults"] == []
    assert (await sync_to_async(ready)())[1] == {"database": "ok", "spool": "ok"}


async def test_beat__failing_housekeeping_is_reported_until_it_succeeds(
    root: Path, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(holder: UUID) -> bool:
        raise ValueError("a secret")

    (root / UNREADABLE / LOCK_NAME).rmdir()
    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "keep_house", fail)
        await beat(process)
        assert snapshot_of(process, time.time())["faults"] == ["housekeeping"]
        assert (await sync_to_async(ready)())[1]["stuck"] == {"housekeeping": ["ValueError"]}
    await beat(process)
    assert snapshot_of(process, time.time())["faults"] == []


async def test_beat__unreadable_folder_of_a_running_process_is_not_reported(root: Path, process: Process) -> None:
    await sync_to_async(process_row)(id=UUID(UNREADABLE))
    await beat(process)
    assert snapshot_of(process, time.time())["faults"] == []


def test_command__does_its_work_despite_an_unreadable_folder_and_fails_at_the_end(root: Path) -> None:
    folder = dead_spool(root)
    lost = process_row(silent_seconds=3600)
    said = StringIO()
    with pytest.raises(CommandError, match=f"{UNREADABLE} could not be adopted: IsADirectoryError"):
        call_command("lifecycle_housekeeping", stdout=said)
    assert said.getvalue().startswith("1 spools adopted, 1 lost processes ended")
    lost.refresh_from_db()
    assert (lost.end, folder.exists()) == ("lost", False)
