"""Tests of readings: the counts of a process, and how they are shared on a host."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from lifecycle.metrics import readings
from lifecycle.metrics.readings import FILE, FRESH_SECONDS, Reading
from lifecycle.server.process import Process
from lifecycle.verdict.facts import new_id
from tests.factories import CHAT, count_traffic


@pytest.fixture
def host(recording: Process, settings: Settings) -> Process:
    """Return a process that has counted some traffic and shares its readings on the host."""
    assert recording.recorder.spool
    settings.LIFECYCLE = {"METRICS_SCOPE": "host", "SPOOL_DIR": recording.recorder.spool.folder.parent}
    count_traffic(recording)
    return recording


def neighbour(process: Process, reading: Reading, age: float = 0.0) -> Path:
    """Write a reading as another process on the same host would; return its file. ``age`` is in seconds."""
    assert process.recorder.spool
    path = process.recorder.spool.folder.parent / new_id() / FILE
    path.parent.mkdir()
    path.write_text(json.dumps(readings.to_plain(reading)), encoding="ascii")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def plain(found: list[Reading]) -> list[dict[str, Any]]:
    """Return readings as plain data, to compare them."""
    return [readings.to_plain(reading) for reading in found]


def test_load__restores_the_reading(host: Process) -> None:
    reading = readings.read(host)
    path = neighbour(host, reading)
    found = readings.load(path)
    assert found is not None
    assert readings.to_plain(found) == readings.to_plain(reading)
    assert found.endpoints[CHAT].closed == {("4001", "client"): 1}
    assert found.client_closes == {("1006", "false"): 1}
    assert (found.recorded, found.dropped, found.last_write) == (11, 2, 0)


async def test_share__writes_the_reading_beside_the_spool(host: Process) -> None:
    await readings.share(host)
    assert host.recorder.spool
    assert {path.name for path in host.recorder.spool.folder.glob("reading.*")} == {FILE}
    assert plain(readings.read_host(host)) == plain([readings.read(host)])


@pytest.mark.parametrize("scope", ["process", None], ids=["scope is process", "no spool"])
async def test_share__does_nothing_without_a_spool_or_host_scope(
    host: Process, settings: Settings, scope: str | None
) -> None:
    assert host.recorder.spool
    folder = host.recorder.spool.folder
    if scope is None:
        host.recorder.spool.close()
        host.recorder.spool = None
    else:
        settings.LIFECYCLE = {"METRICS_SCOPE": scope}
    await readings.share(host)
    assert not list(folder.glob("reading.*"))


@pytest.mark.parametrize("missing", ["endpoints", "recorded"])
def test_load__returns_none_for_another_releases_format(host: Process, missing: str) -> None:
    path = neighbour(host, readings.read(host))
    fields = json.loads(path.read_text(encoding="ascii"))
    del fields[missing]
    path.write_text(json.dumps(fields), encoding="ascii")
    assert readings.load(path) is None


def test_read_host__returns_all_live_processes(host: Process) -> None:
    neighbour(host, replace(readings.read(host), process="vm:2"))
    neighbour(host, replace(readings.read(host), process="vm:3"))
    assert {reading.process for reading in readings.read_host(host)} == {str(host.identity), "vm:2", "vm:3"}


def test_read_host__processes_of_the_same_name_have_different_labels(host: Process) -> None:
    paths = [neighbour(host, replace(readings.read(host), process="web:1")) for _ in range(2)]
    neighbour(host, replace(readings.read(host), process="web:2"))
    names = {f"web:1 {path.parent.name[-12:]}" for path in paths}
    assert {reading.process for reading in readings.read_host(host)} == {str(host.identity), "web:2", *names}


async def test_read_host__returns_the_shared_counts_of_this_process(host: Process) -> None:
    await readings.share(host)
    shared = readings.read(host)
    host.recorder.tally.accepted(CHAT, 0.02, time.time())
    # Other processes do not know the last accept yet. If it counted here, the counter could decrease in a scrape.
    assert plain(readings.read_host(host)) == plain([shared])


async def test_read_host__uses_current_counts_if_its_own_file_is_stale(host: Process) -> None:
    await readings.share(host)
    assert host.recorder.spool
    long_ago = time.time() - FRESH_SECONDS - 1
    os.utime(host.recorder.spool.folder / FILE, (long_ago, long_ago))
    host.recorder.tally.accepted(CHAT, 0.02, time.time())
    assert plain(readings.read_host(host)) == plain([readings.read(host)])


def test_read_host__omits_processes_with_stale_readings(host: Process) -> None:
    neighbour(host, replace(readings.read(host), process="vm:2"), age=FRESH_SECONDS + 1)
    assert len(readings.read_host(host)) == 1


@pytest.mark.parametrize("text", ["", "{", '{"process"'], ids=["empty", "first byte", "truncated"])
def test_read_host__ignores_damaged_readings(host: Process, text: str) -> None:
    neighbour(host, readings.read(host)).write_text(text, encoding="ascii")
    assert len(readings.read_host(host)) == 1
