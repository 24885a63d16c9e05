"""The heartbeats wait for nothing else: neither for a large spool, nor for a folder that hangs."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from dashboard.live.broadcast import snapshot_of
from lifecycle.daemon_executor import DaemonThreadExecutor
from lifecycle.models import Connection, ServerProcess
from lifecycle.record import owners, store
from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.lines import encode
from lifecycle.record.spool import Spool
from lifecycle.record.writer import Writer
from lifecycle.server import adoption, housekeeping
from lifecycle.server.adoption import Adopter
from lifecycle.server.current import Current
from lifecycle.server.faults import stuck
from lifecycle.server.process import Process
from tests.asgi import soon, until
from tests.beats import close_connections
from tests.factories import facts, life, process_row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def process(settings: Settings, tmp_path: Path) -> AsyncIterator[Process]:
    """Return a process without background jobs."""
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "spool", "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    process = Current.process = Process()
    process.open_spool()
    yield process
    process.jobs.cancel()
    close_connections(process)


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Return an event that threads wait for; it is set after the test."""
    released = threading.Event()
    yield released
    released.set()


def dead_spool(root: Path) -> Path:
    """Create the spool of a process that has been dead for an hour, with all events of one connection."""
    row = process_row(silent_seconds=3600, host=owners.here().host)
    spool = Spool(root / str(row.id), 1024 * 1024)
    for event in life(process_id=row.id):
        spool.append(encode(event))
    spool.close()
    os.utime(spool.folder / LOCK_NAME, (1, 1))
    return spool.folder


def put(writer: Writer, number: int = 1) -> None:
    """Append this many events, each to a segment of its own."""
    for _ in range(number):
        writer.spool.append(encode(life(facts(), process_id=writer.recorder.process_id).ended))
        writer.spool.seal()


async def heard_at(process: Process) -> float:
    """Return the time of the last heartbeat in the database."""
    return (await ServerProcess.objects.aget(id=process.uuid)).heartbeat_at.timestamp()


async def test_beat__does_not_wait_for_a_segment(
    process: Process, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "write_segment", lambda *_: released.wait(20) and 0)
    assert process.writer
    put(process.writer)
    draining = asyncio.create_task(process.writer.drain())
    await until(lambda: process.writer and process.writer.executor.began)
    process.recorder.dropped += 1  # the correction of ends waits for all segments
    for _ in range(3):
        await soon(process.beat())
    assert time.time() - await heard_at(process) < 5
    assert not draining.done()
    released.set()
    assert await draining


async def test_beat__does_not_wait_for_an_adoption_and_starts_it_once(
    process: Process, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def adopt(self: Adopter, root: Path, own: Path) -> int:
        started.append(root)
        return int(released.wait(20))

    monkeypatch.setattr(Adopter, "adopt_orphans", adopt)
    for _ in range(3):
        await soon(process.beat())
    await until(lambda: started)
    assert len(started) == 1
    assert process.writer
    put(process.writer)
    assert await soon(process.writer.drain())
    assert await Connection.objects.acount() == 1


async def test_drain__other_calls_run_between_two_segments(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)
    calls: list[str] = []
    waiting = threading.Event()

    def write(path: Path, *_: object) -> int:
        calls.append(path.stem[-1])
        return int(not waiting.wait(5))

    monkeypatch.setattr(store, "write_segment", write)
    assert process.writer
    put(process.writer, 3)
    draining = asyncio.create_task(process.writer.drain())
    await until(lambda: calls)
    other = asyncio.create_task(process.writer.call(calls.append, "other"))
    await until(lambda: process.writer and not process.writer.executor.work.empty())
    waiting.set()
    await asyncio.gather(draining, other)
    assert calls == ["1", "other", "2", "3"]


async def test_writing__large_segment_that_makes_progress_does_not_hang(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.folders.PIECE_SIZE", 1)
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 1024 * 1024)
    assert process.writer
    for _ in range(5):
        process.writer.spool.append(encode(life(facts(), process_id=process.identity.id).ended))
    starts = []
    monkeypatch.setattr(process.writer.executor, "progressed", lambda: starts.append(time.monotonic()))
    assert await process.writer.drain()
    assert (len(starts), await Connection.objects.acount()) == (5, 5)


async def test_writing__heartbeat_that_hangs_is_a_hanging_database(
    process: Process, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert process.writer
    call = asyncio.create_task(process.writer.call_at_once(released.wait, 5))
    await until(lambda: process.writer and process.writer.urgent.began)
    assert process.writer.writing
    monkeypatch.setattr("lifecycle.record.writer.HANGING_SECONDS", 0.0)
    assert not process.writer.writing
    released.set()
    await call


async def test_adopt__folder_that_hangs_is_named_and_stops_nothing_else(
    process: Process, released: threading.Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def read(folder: Path) -> owners.Owner:
        entered.set()
        released.wait(20)
        return owners.Owner()

    entered = threading.Event()
    monkeypatch.setattr(owners, "read", read)
    assert process.writer
    folder = await sync_to_async(dead_spool)(process.writer.spool.folder.parent)
    await process.beat()
    await asyncio.to_thread(entered.wait, 5)
    assert stuck(process) == {}
    monkeypatch.setattr(adoption, "HANGING_SECONDS", 0.0)
    process.pulse.last, process.pulse.since = time.monotonic(), time.monotonic() - 3600
    for _ in range(3):
        await process.beat()
        await soon(process.jobs.begun["housekeeping"])
    assert stuck(process) == {"adoption": [f"{folder.name}: hangs"]}
    snapshot = snapshot_of(process, time.time())
    assert (snapshot["faults"], snapshot["writing"]) == (["adoption"], True)
    assert [record.getMessage() for record in caplog.records if "hangs" in record.getMessage()] == [
        f"The adoption of spools hangs in {folder}; all other work goes on"
    ]
    lost = await ServerProcess.objects.aget(id=folder.name)
    assert lost.end == "lost", "the housekeeping does not wait for it"


async def test_keep_house__waits_for_the_true_ends_in_a_spool(
    process: Process, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, *_: object) -> int:
        entered.set()
        return int(not released.wait(20))

    entered, kept = threading.Event(), []
    monkeypatch.setattr(store, "write_segment", write)
    monkeypatch.setattr(housekeeping, "keep_house", kept.append)
    monkeypatch.setattr("lifecycle.server.process.ADOPTION_SECONDS", 0.1)
    assert process.writer
    await sync_to_async(dead_spool)(process.writer.spool.folder.parent)
    process.pulse.last, process.pulse.since = time.monotonic(), time.monotonic() - 3600
    await process.beat()
    await asyncio.to_thread(entered.wait, 5)
    await soon(process.jobs.begun["housekeeping"])
    assert kept == []
    released.set()
    await soon(process.jobs.begun["adoption"])
    await process.beat()
    await soon(process.jobs.begun["housekeeping"])
    assert kept == [process.uuid]


async def test_keep_house__call_that_waited_for_a_hanging_database_does_nothing(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    monkeypatch.setattr(housekeeping, "keep_house", kept.append)
    await process.renew()
    process.keep_house_now()
    process.pulse.last -= 60
    assert not process.keep_house_now()
    assert kept == [process.uuid]


@pytest.mark.parametrize("name", ["000000000000.log", owners.NAME])
def test_adopt__named_pipe_in_a_spool_is_reported_and_does_not_hang(tmp_path: Path, name: str) -> None:
    folder = dead_spool(tmp_path)
    other = dead_spool(tmp_path)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    adopter, executor = Adopter(), DaemonThreadExecutor("test-adoption")
    assert executor.submit(adopter.adopt_orphans, tmp_path).result(5) == 1
    executor.submit(connections.close_all).result(5)
    assert {key: type(error).__name__ for key, error in adopter.stuck.items()} == {folder.name: "NotRegularFile"}
    assert f"{folder / name} is not a regular file" in str(adopter.stuck[folder.name])
    assert not other.exists()
    expected = 2 if name != owners.NAME else 1
    assert Connection.objects.filter(cause="client_normal", closed_at__lt=timezone.now()).count() == expected


def test_is_busy__only_while_a_spool_is_written_that_was_not_stuck_before(tmp_path: Path) -> None:
    adopter = Adopter()
    adopter.enter(tmp_path / "one")
    assert not adopter.is_busy(), "it is only being read"
    adopter.writing = True
    assert adopter.is_busy()
    adopter.stuck = {"one": OSError("bad disk")}
    assert not adopter.is_busy(), "the housekeeping must not wait for it again and again"
    adopter.stuck = {}
    adopter.progressed_at -= adoption.HANGING_SECONDS + 1
    assert not adopter.is_busy()
