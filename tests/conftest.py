"""Prepares the test process: a data folder, fast password hashing, and default signal handling."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

# Hypothesis's pytest plugin imports it late, so deep in the call stack that Python 3.11 cannot parse its source.
import hypothesis  # noqa: F401
import pytest
from django.conf import settings

# The tests stop servers with SIGINT. But a shell without job control starts background commands, such as
# `nohup make test &`, with SIGINT ignored, and child processes inherit that (POSIX, Shell Command Language 2.11).
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The folder is deleted when the interpreter exits. DATA_DIR must be set before Django reads its settings.
data_dir = tempfile.TemporaryDirectory(prefix="monitor-tests-", ignore_cleanup_errors=True)
os.environ["DATA_DIR"] = data_dir.name
os.environ["DJANGO_SETTINGS_MODULE"] = "monitor_project.settings"
django.setup()
# Django's default hasher deliberately takes 0.2 s per password.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from dashboard.live import hub  # noqa: E402
from lifecycle.record.spool import Spool  # noqa: E402
from lifecycle.record.writer import Writer  # noqa: E402
from lifecycle.server.current import Current  # noqa: E402
from lifecycle.server.process import Process  # noqa: E402
from tests import databases  # noqa: E402
from tests.beats import close_connections  # noqa: E402


def pytest_sessionfinish() -> None:
    """Drop the databases that tests created on PostgreSQL."""
    databases.drop_all()


@pytest.fixture(autouse=True)
def nothing_runs() -> Iterator[None]:
    """Stop the recording process and the hub after each test."""
    yield
    process, Current.process = Current.process, None
    Current.fault = ""
    hub.Current.hub = None
    if process and process.fsyncer:
        process.fsyncer.stop()
    if process and process.recorder.spool:
        process.recorder.spool.close()
        shutil.rmtree(process.recorder.spool.folder, ignore_errors=True)


@pytest.fixture
def recording(tmp_path: Path) -> Process:
    """Return a process that records into a spool; its background tasks do not run."""
    Current.process = process = Process()
    process.recorder.spool = Spool(tmp_path / "spool" / process.identity.id, 1024 * 1024)
    return process


@pytest.fixture
def writer(recording: Process) -> Iterator[Writer]:
    """Return a writer of the recording process's spool."""
    assert recording.recorder.spool
    recording.writer = Writer(recording.recorder.spool, recording.recorder)
    yield recording.writer
    close_connections(recording)
