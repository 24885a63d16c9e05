"""A broken spool is reported as a broken spool, once, and not as an outage of the database."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from dashboard.live.broadcast import snapshot_of
from lifecycle.record.lines import encode
from lifecycle.record.writer import Writer
from lifecycle.server.current import Current
from lifecycle.server.process import Process
from tests.beats import beat
from tests.factories import facts, life

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = (503, {"database": "ok", "spool": "unusable"})
DELETED = "The spool was deleted by another program"
FINE = (200, {"database": "ok", "spool": "ok"})


def block(writer: Writer) -> None:
    """Delete the folder of all spools, and put a file in its place."""
    root = writer.spool.folder.parent
    shutil.rmtree(root)
    root.write_text("in the way")


def put(writer: Writer) -> None:
    """Append the end of a connection."""
    writer.spool.append(encode(life(facts(), process_id=writer.recorder.process_id).ended))


@sync_to_async
def readiness() -> tuple[int, dict[str, str]]:
    """Return the status and the body of ``/readyz``."""
    answer = Client().get("/readyz")
    return answer.status_code, json.loads(answer.content)


def shown(process: Process) -> tuple[bool, list[str]]:
    """Return whether the page says that the database takes writes, and the faults that it names."""
    snapshot = snapshot_of(process, time.time())
    return snapshot["writing"], snapshot["faults"]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages in the log, without the folder of the spool and the text of the error."""
    messages = [record.getMessage() for record in caplog.records if record.name == "lifecycle"]
    return [re.sub(r" /\S+|[:;].*", "", message) for message in messages]


async def test_deleted_folder__that_cannot_be_created_is_a_broken_spool(
    recording: Process, writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    put(writer)
    block(writer)
    for _ in range(8):
        assert not await writer.drain()
    assert (await readiness(), shown(recording)) == (BROKEN, (True, ["spool"]))
    assert said(caplog) == [DELETED, "The spool cannot be used"]
    assert recording.recorder.dropped == 1
    writer.spool.folder.parent.unlink()
    assert await writer.drain()
    assert (await readiness(), shown(recording)) == (FINE, (True, []))
    assert said(caplog) == [DELETED, "The spool cannot be used", "The spool can be used again"]


async def test_deleted_folder__second_time_is_logged_again(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        block(writer)
        put(writer)
        assert not await writer.drain()
        writer.spool.folder.parent.unlink()
        assert await writer.drain()
    assert said(caplog).count("The spool cannot be used") == 2


async def test_new_segment__that_cannot_be_created_is_a_broken_spool(recording: Process, writer: Writer) -> None:
    put(writer)
    blocker = writer.spool.folder / "000000000002.log"
    blocker.mkdir()
    assert not await writer.drain()
    assert (await readiness(), shown(recording)) == (BROKEN, (True, ["spool"]))
    blocker.rmdir()
    assert await writer.drain()
    assert (await readiness(), shown(recording)) == (FINE, (True, []))


async def test_start__without_a_spool_is_shown_as_a_broken_spool(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "file"}
    process = Current.process = Process()
    process.recorder.guard(process.open_spool)
    assert (await readiness(), shown(process)) == (BROKEN, (True, ["spool"]))


async def test_append__that_the_disk_refuses_is_a_broken_spool_until_the_disk_takes_events_again(
    recording: Process, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(descriptor: int, line: bytes) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", read_only)
        recording.recorder.handshake(facts())
    assert (await readiness(), shown(recording)) == (BROKEN, (True, ["spool"]))
    await beat(recording)
    assert (await readiness(), shown(recording)) == (FINE, (True, []))


async def test_outage__after_a_broken_spool_is_an_outage_again(recording: Process, writer: Writer) -> None:
    writer.spool_failed(OSError("a full disk"))
    writer.failed(OperationalError("no such table"))
    assert (await readiness(), shown(recording)) == ((503, {"database": "unusable", "spool": "ok"}), (False, []))
