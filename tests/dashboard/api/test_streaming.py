"""Exports from real servers: flat memory, clients that read slowly or leave, and failures in the middle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path

import psutil
import pytest

from dashboard.api.export import AT_ONCE, PART_ROWS
from tests.integration.servers import Server, copy_of, manage, migrated
from tests.ports import HOST

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
APPLICATION = "tests.dashboard.api.counted_export:application"
EXPORT = "/api/v1/connections.ndjson"
ROWS = 30_000
PARTS = ROWS // PART_ROWS
#: The whole export has more bytes than the system's socket buffers and the growth that is allowed.
GROWTH_MIB = 16
FILL = f"""
from datetime import timedelta
from django.utils import timezone
from lifecycle.models import Connection
from tests.factories import connection
now = timezone.now()
made = (connection(opened_at=now - timedelta(seconds=number)) for number in range({ROWS}))
Connection.objects.bulk_create(made, batch_size=2000)
"""


class Monitor:
    """A server with the monitor, and a token for its API."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token
        self.process = psutil.Process(server.process.pid)

    @contextmanager
    def export(self) -> Iterator[HTTPResponse]:
        """Yield the response with an export; leave it when the test has finished with it."""
        with closing(HTTPConnection(HOST, self.server.port, timeout=30)) as connection:
            connection.request("GET", EXPORT, headers={"Authorization": f"Bearer {self.token}"})
            yield connection.getresponse()

    def memory(self) -> float:
        """Return the resident set size of the server in MiB."""
        return self.process.memory_info().rss / 2**20

    def parts(self) -> int:
        """Return the number of parts that the server has read from the database since it started."""
        file = self.server.data / "parts"
        return file.stat().st_size if file.exists() else 0

    def stopped_at(self, seconds: float = 30.0) -> int:
        """Wait until the server reads no more parts; return their number."""
        ends, before = time.monotonic() + seconds, -1
        while (now := self.parts()) != before:
            assert time.monotonic() < ends, "the export goes on"
            before = now
            time.sleep(2)
        return now


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with many rows."""
    folder = migrated(tmp_path_factory.mktemp("filled") / "data")
    manage(folder, "shell", "--verbosity", "0", "-c", FILL)
    return folder


@contextmanager
def served(filled: Path, target: Path, software: str, **variables: str) -> Iterator[Monitor]:
    """Serve a copy of the data folder."""
    data = copy_of(filled, target / "data")
    token = manage(data, "lifecycle_api_token", software).strip()
    with Server(software, data, application=APPLICATION, **variables) as server:
        yield Monitor(server, token)


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def monitor(
    request: pytest.FixtureRequest, filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Monitor]:
    """Return the monitor on each server in turn; it has already answered once."""
    with served(filled, tmp_path_factory.mktemp(request.param), request.param) as one:
        with one.export() as response:
            response.read(1000)
        one.stopped_at()
        yield one
        assert one.server.complaints() == []


def test_export__memory_is_flat_and_the_first_byte_early(monitor: Monitor) -> None:
    before, peak, lines = monitor.memory(), 0.0, 0
    began = time.monotonic()
    with monitor.export() as response:
        first = response.read1(100_000)
        assert time.monotonic() - began < 1
        lines = first.count(b"\n")
        while part := response.read1(100_000):
            lines += part.count(b"\n")
            peak = max(peak, monitor.memory())
    assert lines == ROWS
    assert peak - before < GROWTH_MIB


def test_export__waits_for_a_client_that_does_not_read(monitor: Monitor) -> None:
    memory, parts = monitor.memory(), monitor.parts()
    with monitor.export() as response:
        first = response.read(1000)
        assert monitor.stopped_at() - parts < PARTS / 2
        assert monitor.memory() - memory < GROWTH_MIB
        rest = response.read()
    assert (first + rest).count(b"\n") == ROWS


def test_export__stops_when_its_client_leaves(monitor: Monitor) -> None:
    for _ in range(AT_ONCE + 1):
        parts = monitor.parts()
        with monitor.export() as response:
            assert response.status == 200
            response.read(1000)
        assert monitor.stopped_at() - parts < PARTS / 2


@pytest.mark.parametrize("software", ["daphne", "uvicorn"])
def test_export__that_fails_is_cut_off_and_harms_nobody(filled: Path, tmp_path: Path, software: str) -> None:
    with served(filled, tmp_path, software, FAIL_AT="3") as monitor:
        with monitor.export() as response, pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
        assert "the database is gone" in monitor.server.said()
        with monitor.export() as response:
            assert response.read().count(b"\n") == ROWS
        assert "already been started" not in monitor.server.said()


@pytest.mark.parametrize("software", ["daphne", "uvicorn"])
def test_export__is_given_up_if_its_client_does_not_read_for_long(
    filled: Path, tmp_path: Path, software: str
) -> None:
    with served(filled, tmp_path, software, PATIENCE="3") as monitor, monitor.export() as response:
        response.read(1000)
        parts = monitor.stopped_at()
        time.sleep(4)
        with pytest.raises((IncompleteRead, ConnectionError)):
            response.read()
        assert monitor.stopped_at() == parts < PARTS / 2
