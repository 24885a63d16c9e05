"""Events of an adopted spool that cannot be written are counted and kept."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from pytest_django import Settings

from dashboard.live.broadcast import snapshot_of
from lifecycle.metrics import readings
from lifecycle.models import Connection, UnstoredRefusals
from lifecycle.record import folders
from lifecycle.record.events import refused_event
from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.lines import encode
from lifecycle.record.owners import FORMAT, NAME, READABLE
from lifecycle.server import adoption
from lifecycle.server.adoption import Adopter
from lifecycle.server.current import Current
from lifecycle.server.faults import stuck
from lifecycle.server.process import Process
from tests.beats import beat, close_connections
from tests.factories import life, process_row

pytestmark = pytest.mark.django_db(transaction=True)
SEGMENT = "000000000001.log"
NEWER = b'["paint","018f","blue"]'


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder of all spools."""
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "spool", "FLUSH_SECONDS": 3600, "SYNC_SECONDS": 0}
    return tmp_path / "spool"


@pytest.fixture
async def process(root: Path) -> AsyncIterator[Process]:
    """Return a process without background jobs."""
    process = Current.process = Process()
    process.open_spool()
    yield process
    process.jobs.cancel()
    close_connections(process)


def line(body: bytes) -> bytes:
    """Return a line with a correct checksum."""
    return b"%08x %b\n" % (zlib.crc32(body), body)


def dead_spool(root: Path, *more: bytes, note: str | None = None) -> Path:
    """Create the spool of a dead process of release 0.1 with the events of one connection and further lines."""
    row = process_row(silent_seconds=60, host=os.uname().nodename)
    folder = root / str(row.id)
    folder.mkdir(parents=True)
    (folder / SEGMENT).write_bytes(b"".join([*map(encode, life(process_id=row.id)), *more]))
    (folder / LOCK_NAME).touch()
    os.utime(folder / LOCK_NAME, (1, 1))
    if note is not None:
        (folder / NAME).write_text(note)
    return folder


def kept(root: Path) -> list[Path]:
    """Return the segments that were kept."""
    return sorted((root / folders.UNREAD).glob("*"))


@pytest.mark.parametrize(
    "lost",
    [b"garbage\n", line(NEWER), line(b'["end","too few"]')],
    ids=["damaged", "unknown kind", "other columns"],
)
async def test_adopt__lost_events_are_counted_where_operators_look_and_kept(
    root: Path, process: Process, lost: bytes
) -> None:
    folder = await sync_to_async(dead_spool)(root, lost, lost)
    written = (folder / SEGMENT).read_bytes()
    await beat(process)
    assert (snapshot_of(process, time.time())["dropped"], readings.read(process).dropped) == (2, 2)
    assert (await Connection.objects.aget()).cause == "client_normal"
    [path] = kept(root)
    assert (path.name, path.read_bytes()) == (f"{folder.name}-{SEGMENT}", written)
    assert (path.parent.stat().st_mode & 0o777, folder.exists()) == (0o700, False)
    await beat(process)
    assert process.recorder.dropped == 2


async def test_adopt__undamaged_spool_of_release_0_1_is_read_completely(root: Path, process: Process) -> None:
    folder = await sync_to_async(dead_spool)(root)
    await beat(process)
    assert (await Connection.objects.aget()).cause == "client_normal"
    assert (process.recorder.dropped, kept(root), folder.exists()) == (0, [], False)


@pytest.mark.parametrize("readable", READABLE)
def test_adopt__spool_in_a_readable_format_is_adopted(root: Path, readable: int) -> None:
    dead_spool(root, note=f'{{"format": {readable}, "host": "{os.uname().nodename}"}}')
    assert Adopter().adopt_orphans(root) == 1
    assert (Connection.objects.get().cause, FORMAT - 1 in READABLE) == ("client_normal", True)


def test_adopt__numbers_of_a_killed_process_are_written(root: Path) -> None:
    refused = encode(refused_event(str(UUID(int=1)), 60, "unmatched", "rejected_origin", 0, 7))
    dead_spool(root, refused, refused)
    assert Adopter().adopt_orphans(root) == 1
    assert UnstoredRefusals.objects.get().count == 7


def test_adopt__spool_in_a_later_format_is_left_to_later_releases_and_reported(root: Path) -> None:
    folder = dead_spool(root, line(NEWER), note=f'{{"format": {FORMAT + 1}, "host": "{os.uname().nodename}"}}')
    adopter = Adopter()
    assert adopter.adopt_orphans(root) == 0
    assert (adopter.lost, (folder / SEGMENT).exists(), Connection.objects.count()) == (0, True, 0)
    assert [type(error).__name__ for error in adopter.stuck.values()] == ["UnknownFormat"]


def test_adopt__segment_that_cannot_be_read_does_not_stop_the_others_and_stays(root: Path) -> None:
    folder = dead_spool(root)
    (folder / "000000000000.log").mkdir()
    adopter = Adopter()
    assert adopter.adopt_orphans(root) == 0
    assert Connection.objects.get().cause == "client_normal"
    assert [path.name for path in folder.glob("*.log")] == ["000000000000.log"]
    assert [type(error) for error in adopter.stuck.values()] == [IsADirectoryError]


def test_keep__total_size_is_bounded_and_the_newest_segment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "UNREAD_LIMIT", 25)
    for number in range(4):
        folder = tmp_path / f"process {number}"
        folder.mkdir()
        (folder / SEGMENT).write_bytes(b"0123456789")
        os.utime(folder / SEGMENT, (number + 1, number + 1))
        folders.mark_written(folder / SEGMENT)
        folders.keep_unread(folder)
    assert [path.name for path in kept(tmp_path)] == [f"process 2-{SEGMENT}", f"process 3-{SEGMENT}"]


async def test_adopt__lost_events_are_written_counted_and_logged_once_if_they_cannot_be_kept(
    root: Path, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    folder = await sync_to_async(dead_spool)(root, b"garbage\n")
    (root / folders.UNREAD).write_text("in the way")
    for _ in range(3):
        await beat(process)
    assert process.recorder.dropped == 1
    assert stuck(process) == {"adoption": [f"{folder.name}: CannotKeepUnread"]}
    [skipped, error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "Skipped 1 damaged events" in skipped
    assert f"cannot be moved to {root / folders.UNREAD}" in error
    await sync_to_async(Adopter().adopt_orphans)(root)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == [skipped, error, error], (
        "another process reports the folder, but writes and counts nothing again"
    )
    (root / folders.UNREAD).unlink()
    await beat(process)
    assert ([path.name for path in kept(root)], folder.exists()) == ([f"{folder.name}-{SEGMENT}"], False)
    assert (process.recorder.dropped, stuck(process)) == (1, {})


def test_adopt__segment_that_cannot_be_renamed_is_counted_and_logged_once(
    root: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(adoption, "mark_written", refuse)
    dead_spool(root, b"garbage\n")
    adopter = Adopter()
    for _ in range(3):
        assert adopter.adopt_orphans(root) == 0
    assert (adopter.lost, len(adopter.stuck)) == (1, 1)
    assert caplog.text.count("Skipped") == 1


def test_command__fails_if_events_were_lost(root: Path) -> None:
    dead_spool(root, b"garbage\n")
    said = StringIO()
    with pytest.raises(CommandError, match="1 events could not be read"):
        call_command("lifecycle_housekeeping", stdout=said)
    assert said.getvalue().startswith("1 spools adopted")
    assert len(kept(root)) == 1
    assert UUID(kept(root)[0].name[:36])
