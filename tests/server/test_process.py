"""A server process from start to stop, with a real writer and the test database."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from pytest_django import Settings

from lifecycle.models import Connection, Lease, ServerProcess
from lifecycle.record.spool import Spool
from lifecycle.server import extensions
from lifecycle.server.current import Current
from lifecycle.server.process import Process
from tests.asgi import soon
from tests.beats import beat, close_connections
from tests.factories import accepted, facts, life

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def process(settings: Settings, tmp_path: Path) -> AsyncIterator[Process]:
    """Return a process with a spool and a writer, but without other background jobs."""
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "spool", "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    process = Current.process = Process()
    process.open_spool()
    yield process
    process.jobs.cancel()
    await asyncio.wait(process.jobs.tasks)
    close_connections(process)


@pytest.fixture(autouse=True)
def no_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the hooks of other apps."""
    monkeypatch.setattr(extensions, "tick_hooks", [])
    monkeypatch.setattr(extensions, "stop_hooks", [])


class OpenSocket:
    """A socket whose ``end`` appends all events of a connection."""

    def __init__(self, process: Process) -> None:
        self.process, self.facts = process, facts()
        process.sockets.open[self.facts.id] = self  # type: ignore[assignment]

    def end(self) -> None:
        """Append the events of the connection."""
        self.process.sockets.open.pop(self.facts.id)
        for event in life(self.facts, process_id=self.process.identity.id):
            self.process.recorder.append(event)


@sync_to_async
def states() -> list[str]:
    """Return the states of all connections in the database."""
    return list(Connection.objects.order_by("id").values_list("state", flat=True))


@sync_to_async
def process_rows() -> list[tuple[UUID, str]]:
    """Return the id and the end of each process in the database."""
    return list(ServerProcess.objects.values_list("id", "end"))


async def test_start__opens_the_spool_and_calls_the_tick_hooks(settings: Settings, tmp_path: Path) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path, "HEARTBEAT_SECONDS": 3600, "SYNC_SECONDS": 0}
    called: asyncio.Queue[Process] = asyncio.Queue()
    extensions.on_tick(called.put)
    process = Current.process = Process("daphne")
    process.start()
    assert await soon(called.get()) is process
    assert process.recorder.spool
    assert process.recorder.spool.folder == tmp_path / process.identity.id
    assert process.identity.server.startswith("daphne")
    process.jobs.cancel()
    await asyncio.wait(process.jobs.tasks)


async def test_start__without_a_spool_counts_dropped_events_until_a_heartbeat_opens_it(
    settings: Settings, tmp_path: Path
) -> None:
    blocked = tmp_path / "spool"
    blocked.write_text("a file where the folder should be")
    settings.LIFECYCLE = {"SPOOL_DIR": blocked, "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    process = Current.process = Process()
    process.recorder.guard(process.open_spool)
    process.recorder.handshake(facts())
    assert (process.recorder.spool, process.recorder.dropped) == (None, 2)
    blocked.unlink()
    await beat(process)
    process.recorder.handshake(facts())
    assert (process.recorder.recorded, process.recorder.dropped) == (1, 2)
    process.jobs.cancel()
    await asyncio.wait(process.jobs.tasks)


async def test_start__spool_is_not_held_after_a_thread_could_not_be_started(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_threads(*arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path, "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    process = Current.process = Process()
    with monkeypatch.context() as patch:
        patch.setattr("lifecycle.server.process.Writer", no_threads)
        process.recorder.guard(process.open_spool)
    assert (process.recorder.spool, process.writer) == (None, None)
    await beat(process)
    assert process.recorder.spool
    process.jobs.cancel()
    await asyncio.wait(process.jobs.tasks)
    close_connections(process)


async def test_beat__first_heartbeat_writes_the_row_and_does_no_housekeeping(process: Process) -> None:
    await beat(process)
    assert await process_rows() == [(process.uuid, "")]
    assert not await Lease.objects.aexists()


async def test_beat__ends_connections_whose_ends_were_dropped(process: Process) -> None:
    connection = facts()
    process.recorder.append(accepted(connection, process.identity.id))
    process.recorder.dropped += 1
    await beat(process)
    row = await Connection.objects.aget()
    assert (row.state, row.cause, row.exact) == ("closed", "unknown", False)
    assert process.corrected_drops == 1


async def test_beat__does_not_end_connections_that_are_still_open(process: Process) -> None:
    socket = OpenSocket(process)
    process.recorder.append(accepted(socket.facts, process.identity.id))
    process.recorder.dropped += 1
    await beat(process)
    assert await states() == ["open"]


async def test_stop__ends_the_sockets_and_writes_all_events(process: Process) -> None:
    OpenSocket(process)
    OpenSocket(process)
    await process.stop()
    assert await states() == ["closed", "closed"]
    assert process.sockets.stopping
    assert await process_rows() == [(process.uuid, "stopped")]
    assert process.recorder.backlog() == 0


async def test_stop__several_calls_stop_once(process: Process) -> None:
    calls: list[Process] = []

    async def hook(stopped: Process) -> None:
        calls.append(stopped)

    extensions.on_stop(hook)
    await asyncio.gather(process.stop(), process.stop())
    await process.stop()
    assert calls == [process]


async def test_stop__failing_hook_does_not_prevent_the_others(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Process] = []

    async def broken(stopped: Process) -> None:
        raise ConnectionError("no Redis")

    async def hook(stopped: Process) -> None:
        calls.append(stopped)

    extensions.on_stop(broken, hook)
    await process.stop()
    assert calls == [process]
    assert "The monitor's stop hook failed" in caplog.text
    assert await process_rows() == [(process.uuid, "stopped")]


async def test_stop__in_an_outage_leaves_the_events_in_the_spool(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path, *_: object) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr("lifecycle.record.store.write_segment", refuse)
    OpenSocket(process)
    await process.stop()
    assert process.recorder.backlog() == 3
    assert await process_rows() == []
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_stop__waits_for_a_hanging_hook_no_longer_than_the_setting(
    process: Process, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIFECYCLE = {**settings.LIFECYCLE, "STOP_SECONDS": 0.2}

    async def hang(stopped: Process) -> None:
        await asyncio.Event().wait()

    extensions.on_stop(hang)
    await soon(process.stop())
    assert "the next start writes the rest" in caplog.text


async def test_close__without_a_stop_writes_all_events_and_the_end_of_the_process(process: Process) -> None:
    OpenSocket(process)
    spool = process.recorder.spool
    assert isinstance(spool, Spool)
    await asyncio.to_thread(process.close)
    assert await states() == ["closed"]
    assert await process_rows() == [(process.uuid, "stopped")]
    assert process.recorder.spool is None
    assert not spool.folder.exists()


async def test_close__after_a_stop_that_ran_out_of_time_leaves_the_rest_to_the_next_start(
    process: Process, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)
    settings.LIFECYCLE = {**settings.LIFECYCLE, "STOP_SECONDS": 0.2}
    written: list[Path] = []

    def write(path: Path, *_: object) -> int:
        written.append(path)
        return int(threading.Event().wait(0.15))

    monkeypatch.setattr("lifecycle.record.store.write_segment", write)
    spool = process.recorder.spool
    assert isinstance(spool, Spool)
    for _ in range(20):
        spool.append(b"1\n")
        spool.seal()
    await soon(process.stop())
    await asyncio.to_thread(process.close)
    assert len(written) <= 3
    assert spool.folder.exists()


async def test_close__after_a_stop_writes_later_events(process: Process) -> None:
    await process.stop()
    OpenSocket(process)
    await asyncio.to_thread(process.close)
    assert await states() == ["closed"]


async def test_close__without_a_spool_only_stops_the_sockets() -> None:
    process = Process()
    process.close()
    assert process.sockets.stopping
