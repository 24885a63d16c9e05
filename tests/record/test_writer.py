"""The writer moves events from the spool to the database, and loses none of them in an outage."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError, connection, models
from pytest_django import Settings

from lifecycle.models import ClientReport, Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.folders import segments
from lifecycle.record.lines import encode
from lifecycle.record.writer import BUSY_FACTOR, FEW_EVENTS, Writer
from lifecycle.server.process import Process
from tests.asgi import until
from tests.factories import changed, facts, hello, life

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal a segment after each event."""
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)


def put(writer: Writer, **columns: object) -> str:
    """Append the end of a connection to the spool, and return the connection's ID."""
    known = facts()
    end = life(known, process_id=writer.recorder.process_id).ended
    writer.spool.append(encode(changed(end, **columns)))
    return known.id


@sync_to_async
def ids() -> set[str]:
    """Return the IDs of all rows."""
    return {str(saved_id) for saved_id in Connection.objects.values_list("id", flat=True)}


@sync_to_async
def run_sql(statement: str) -> None:
    """Run an SQL statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


async def start_outage() -> None:
    """Rename the table, so the database refuses every write."""
    await run_sql("ALTER TABLE lifecycle_connection RENAME TO away")


async def end_outage() -> None:
    """Rename the table back."""
    await run_sql("ALTER TABLE away RENAME TO lifecycle_connection")


@contextmanager
def unknown_column(model: type[models.Model]) -> Iterator[None]:
    """Add a column that is not null and has no default, as a later release might, and remove it again."""
    column = models.IntegerField(default=0)
    column.set_attributes_from_name("unknown")
    with connection.schema_editor() as editor:
        editor.add_field(model, column)
    try:
        yield
    finally:
        column.model = model
        with connection.schema_editor() as editor:
            editor.remove_field(model, column)


def hold_writes(monkeypatch: pytest.MonkeyPatch, damaged: int = 0) -> threading.Event:
    """Let each write of a segment wait for the event, and then count this many events as damaged."""
    answers = threading.Event()
    monkeypatch.setattr(store, "write_segment", lambda *_: answers.wait(5) and damaged)
    return answers


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the logged messages, without the details of the error."""
    return [record.getMessage().split(";")[0] for record in caplog.records if record.name == "lifecycle"]


async def test_drain__writes_all_events_to_the_database(writer: Writer) -> None:
    expected = {put(writer) for _ in range(5)}
    assert await writer.drain()
    assert await ids() == expected
    assert (writer.spool.backlog(), writer.spool.size, writer.recorder.dropped) == (0, 0, 0)
    assert writer.last_write is not None


async def test_drain__without_events_writes_nothing(writer: Writer) -> None:
    assert await writer.drain()
    assert writer.last_write is None


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has a statement journal")
async def test_drain__sqlite_keeps_its_statement_journal_in_memory(writer: Writer) -> None:
    def setting() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA temp_store")
            return int(cursor.fetchone()[0])

    put(writer)
    assert await writer.drain()
    in_memory = 2
    assert await writer.call(setting) == in_memory


async def test_drain__deletes_a_segment_only_after_its_commit(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    existed: list[bool] = []

    def write(path: Path, *_: object) -> int:
        result = store_write(path)
        existed.append(path.exists() and Connection.objects.exists())
        return result

    store_write = store.write_segment
    monkeypatch.setattr(store, "write_segment", write)
    put(writer)
    await writer.drain()
    assert existed == [True]
    assert len(segments(writer.spool.folder)) == 1


async def test_outage__is_logged_once_and_all_events_are_written_afterwards(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    await start_outage()
    expected = set()
    for _ in range(4):
        expected.add(put(writer))
        assert not await writer.drain()
        assert not writer.writing
    assert writer.spool.backlog() == 4
    await end_outage()
    assert await writer.drain()
    assert await writer.drain()
    assert writer.writing
    assert await ids() == expected
    assert messages(caplog) == ["Cannot write to the database", "The database can be written to again"]


async def test_outage__second_outage_is_logged_again(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        await start_outage()
        put(writer)
        await writer.drain()
        await end_outage()
        await writer.drain()
    assert messages(caplog).count("Cannot write to the database") == 2


async def test_outage__drops_no_events(writer: Writer) -> None:
    await start_outage()
    put(writer)
    await writer.drain()
    put(writer)
    await end_outage()
    assert await writer.drain()
    assert await writer.drain()
    assert (len(await ids()), writer.recorder.dropped) == (2, 0)


async def test_drain_fully__after_an_outage_also_writes_the_open_segment(writer: Writer) -> None:
    await start_outage()
    put(writer)
    await writer.drain()
    put(writer)
    assert not await writer.drain_fully()
    await end_outage()
    assert await writer.drain_fully()
    assert (len(await ids()), writer.spool.backlog()) == (2, 0)


async def test_write_last__after_an_outage_writes_all_events(writer: Writer, recording: Process) -> None:
    await start_outage()
    put(writer)
    await writer.drain()
    put(writer)
    await end_outage()
    await recording.write_last()
    assert (len(await ids()), writer.spool.backlog()) == (2, 0)


@pytest.mark.usefixtures("small_segments")
async def test_drain__writes_oldest_segments_first_and_stops_at_an_error(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    healthy = False

    def write(path: Path, *_: object) -> int:
        tried.append(path.stem[-1])
        if len(tried) == 2 and not healthy:
            raise OperationalError("the database went away")
        return store_write(path)

    store_write = store.write_segment
    monkeypatch.setattr(store, "write_segment", write)
    for _ in range(3):
        put(writer)
        writer.spool.seal()
    assert not await writer.drain()
    assert (tried, writer.spool.backlog(), len(await ids())) == (["1", "2"], 2, 1)
    healthy = True
    assert await writer.drain()
    assert (tried, writer.spool.backlog(), len(await ids())) == (["1", "2", "2", "3"], 0, 3)


async def test_drain__refused_event_is_counted_as_dropped_and_the_rest_is_written(writer: Writer) -> None:
    put(writer, messages_in=-1)
    valid = put(writer)
    assert await writer.drain()
    assert (await ids(), writer.recorder.dropped, writer.writing) == ({valid}, 1, True)


@pytest.mark.parametrize("model", [Connection, ClientReport])
def test_drain__unknown_column_that_is_not_null_is_an_outage(writer: Writer, model: type[models.Model]) -> None:
    drain = async_to_sync(writer.drain)
    expected = put(writer)
    writer.spool.append(encode(hello(facts(id=expected), "tab-1")))
    with unknown_column(model):
        assert not drain()
        assert (writer.writing, writer.recorder.dropped, writer.spool.backlog()) == (False, 0, 2)
    assert drain()
    assert (writer.recorder.dropped, writer.spool.backlog()) == (0, 0)
    assert [str(row.id) for row in Connection.objects.filter(tab_id="tab-1")] == [expected]
    assert ClientReport.objects.count() == 1


async def test_drain__only_event_is_invalid_and_dropped(writer: Writer) -> None:
    put(writer, messages_in=-1)
    assert await writer.drain()
    assert (await ids(), writer.recorder.dropped, writer.spool.backlog()) == (set(), 1, 0)


async def test_run__writes_appended_events(writer: Writer, settings: Any) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {"FLUSH_SECONDS": 0.01}
    task = asyncio.create_task(writer.run())
    put(writer)
    await until(lambda: writer.spool.backlog() == 0)
    task.cancel()
    assert len(await ids()) == 1


async def test_run__is_woken_by_an_append_on_any_thread(
    writer: Writer,
    settings: Any,  # noqa: ANN401
) -> None:
    settings.LIFECYCLE = {"FLUSH_SECONDS": 0.01}
    task = asyncio.create_task(writer.run())
    for number in range(1, 4):
        await until(lambda: writer.spool.sleepers)
        await asyncio.to_thread(put, writer)
        await until(lambda: writer.spool.backlog() == 0)
        assert len(await ids()) == number
    task.cancel()


async def test_wait_for_work__append_succeeds_after_the_loop_has_closed(writer: Writer) -> None:
    def wait_briefly() -> None:
        with suppress(TimeoutError):
            asyncio.run(asyncio.wait_for(writer.wait_for_work(), 0.01))

    await asyncio.to_thread(wait_briefly)
    assert len(writer.spool.sleepers) == 1
    put(writer)
    assert writer.spool.backlog() == 1


async def test_run__continues_after_an_outage(writer: Writer, settings: Any) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {"FLUSH_SECONDS": 0.01}
    await start_outage()
    put(writer)
    task = asyncio.create_task(writer.run())
    await until(lambda: not writer.writing)
    await end_outage()
    await until(lambda: writer.spool.backlog() == 0)
    task.cancel()
    assert len(await ids()) == 1


async def test_drain__concurrent_calls_write_each_event_once(writer: Writer) -> None:
    expected = {put(writer) for _ in range(50)}
    assert await asyncio.gather(writer.drain(), writer.drain(), writer.drain()) == [True, True, True]
    assert await ids() == expected


async def test_hanging_database__sets_writing_to_false(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(store, "write_segment", lambda *_: released.wait(5) and 0)
    put(writer)
    draining = asyncio.create_task(writer.drain())
    await until(lambda: writer.executor.began is not None)
    assert writer.writing
    monkeypatch.setattr("lifecycle.record.writer.HANGING_SECONDS", 0.0)
    assert not writer.writing
    released.set()
    assert await draining
    assert writer.writing


async def test_hanging_database__waiting_call_does_not_reset_its_start(
    writer: Writer,
) -> None:
    released = threading.Event()
    writing = asyncio.create_task(writer.call(released.wait, 5))
    await until(lambda: writer.executor.began is not None)
    began = writer.executor.began
    beating = asyncio.create_task(writer.call(int))
    await until(lambda: not writer.executor.work.empty())
    assert writer.executor.began == began
    released.set()
    await asyncio.gather(writing, beating)
    assert writer.executor.began is None


async def test_hanging_database__does_not_block_the_event_loop(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(store, "write_segment", lambda *_: released.wait(5) and 0)
    put(writer)
    draining = asyncio.create_task(writer.drain())
    for _ in range(100):
        await asyncio.sleep(0)
    put(writer)
    assert (draining.done(), writer.spool.backlog()) == (False, 2)
    released.set()
    await draining


async def test_drain__waits_for_another_thread_that_writes_events(writer: Writer) -> None:
    expected = put(writer)
    with store.TURN:
        draining = asyncio.create_task(writer.drain())
        await until(lambda: writer.executor.began)
        await asyncio.sleep(0.05)
        assert not draining.done()
    assert await draining
    assert await ids() == {expected}


async def test_drain__does_not_wait_for_a_thread_that_hangs(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TURN_SECONDS", 0.05)
    expected = put(writer)
    with store.TURN:
        assert await writer.drain()
    assert await ids() == {expected}
    assert not store.TURN.locked()


def test_drain_now__writes_all_events_on_the_calling_thread(writer: Writer) -> None:
    put(writer)
    writer.spool.seal()
    put(writer)
    writer.drain_now()
    assert Connection.objects.count() == 2
    assert writer.spool.backlog() == 0


@pytest.mark.parametrize("events", [0, 1])
def test_close__without_a_stop_signal_marks_the_process_as_stopped(
    recording: Process, writer: Writer, events: int
) -> None:
    for _ in range(events):
        put(writer)
    recording.close()
    assert list(ServerProcess.objects.values_list("end", flat=True)) == [ServerProcess.End.STOPPED]
    assert Connection.objects.count() == events


async def test_drain__keeps_drops_that_are_counted_during_the_write(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(store, "write_segment", lambda *_: released.wait(5) and 1)
    put(writer)
    draining = asyncio.create_task(writer.drain())
    await until(lambda: writer.executor.began is not None)
    writer.recorder.dropped += 7
    released.set()
    await draining
    assert writer.recorder.dropped == 8


async def test_deleted_spool__is_created_again_and_lost_events_are_counted(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    put(writer)
    put(writer)
    shutil.rmtree(writer.spool.folder)
    assert await writer.drain()
    assert writer.recorder.dropped == 2
    assert "was deleted by another program" in caplog.text
    later = put(writer)
    assert await writer.drain()
    assert await ids() == {later}


async def test_deleted_spool__refuses_events_until_it_can_be_created_again(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full() -> None:
        raise OSError("no space left on device")

    put(writer)
    shutil.rmtree(writer.spool.folder)
    with monkeypatch.context() as patch:
        patch.setattr(writer.spool, "begin_segment", disk_is_full)
        assert not await writer.drain()
        assert writer.recorder.dropped == 1, "the event in the deleted folder is lost"
        with pytest.raises(ValueError, match="is closed"):
            put(writer)
        assert (writer.spool.backlog(), writer.is_due()) == (0, True)
        assert not await writer.drain()
    assert await writer.drain()
    later = put(writer)
    assert await writer.drain()
    assert await ids() == {later}
    assert (writer.recorder.dropped, writer.spool.backlog(), writer.spool.size) == (1, 0, 0)


def test_is_due__waits_for_a_larger_batch(writer: Writer, settings: Settings) -> None:
    settings.LIFECYCLE = {"FLUSH_SECONDS": 3600}
    assert not writer.is_due(), "there is nothing to write"
    writer.spool.append(b"1\n")
    assert writer.is_due(), "a few events are written at once"
    for _ in range(FEW_EVENTS):
        writer.spool.append(b"1\n")
    assert not writer.is_due(), "many events wait for a larger batch"
    writer.spool.limit = 2 * writer.spool.size
    assert writer.is_due(), "a spool that is filling up is written at once"
    writer.spool.limit *= 100
    writer.drained_at -= BUSY_FACTOR * 3600
    assert writer.is_due(), "the wait for a larger batch is limited"
