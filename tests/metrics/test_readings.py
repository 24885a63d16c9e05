"""Readings: the counts of a process, as other processes on the host read them."""

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
    """Return a process that has counted some traffic and shares its counts on the host."""
    assert recording.recorder.spool
    settings.LIFECYCLE = {"METRICS_SCOPE": "host", "SPOOL_DIR": recording.recorder.spool.folder.parent}
    count_traffic(recording)
    return recording


def neighbour(process: Process, reading: Reading, age: float = 0.0) -> Path:
    """Write a reading of another process on the same host, and return its file."""
    assert process.recorder.spool
    path = process.recorder.spool.folder.parent / new_id() / FILE
    path.parent.mkdir()
    path.write_text(json.dumps(readings.to_plain(reading)), encoding="ascii")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def plain(found: list[Reading]) -> list[dict[str, Any]]:
    """Return readings as plain data, which can be compared."""
    return [readings.to_plain(one) for one in found]


def test_reading__survives_the_way_through_a_file(host: Process) -> None:
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


@pytest.mark.parametrize("scope", ["process", None], ids=["each for itself", "no spool"])
async def test_share__writes_nothing_if_no_process_reads_it(
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
def test_load__of_another_versions_reading_is_nothing(host: Process, missing: str) -> None:
    path = neighbour(host, readings.read(host))
    told = json.loads(path.read_text(encoding="ascii"))
    del told[missing]
    path.write_text(json.dumps(told), encoding="ascii")
    assert readings.load(path) is None


def test_read_host__has_all_that_live(host: Process) -> None:
    neighbour(host, replace(readings.read(host), process="vm:2"))
    neighbour(host, replace(readings.read(host), process="vm:3"))
    assert {one.process for one in readings.read_host(host)} == {str(host.identity), "vm:2", "vm:3"}


async def test_read_host__is_the_same_whoever_is_asked(host: Process) -> None:
    await readings.share(host)
    told = readings.read(host)
    host.recorder.tally.accepted(CHAT, 0.02, time.time())
    # Other processes have not read the last accept yet. If it were counted here, the counter would go back there.
    assert plain(readings.read_host(host)) == plain([told])


async def test_read_host__uses_its_own_counts_once_the_shared_ones_are_stale(host: Process) -> None:
    await readings.share(host)
    assert host.recorder.spool
    long_ago = time.time() - FRESH_SECONDS - 1
    os.utime(host.recorder.spool.folder / FILE, (long_ago, long_ago))
    host.recorder.tally.accepted(CHAT, 0.02, time.time())
    assert plain(readings.read_host(host)) == plain([readings.read(host)])


def test_read_host__leaves_out_silent_processes(host: Process) -> None:
    neighbour(host, replace(readings.read(host), process="vm:2"), age=FRESH_SECONDS + 1)
    assert len(readings.read_host(host)) == 1


@pytest.mark.parametrize("text", ["", "{", '{"process"'], ids=["empty", "torn", "torn later"])
def test_read_host__damaged_reading_harms_no_scrape(host: Process, text: str) -> None:
    neighbour(host, readings.read(host)).write_text(text, encoding="ascii")
    assert len(readings.read_host(host)) == 1
