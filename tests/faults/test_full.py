"""A full spool or disk: connections are not affected, drops are counted and shown, recording resumes."""

from __future__ import annotations

import math
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import Start
from tests.faults.ledger import FORGOTTEN, Ledger
from tests.faults.load import VISIT, all_at_once, open_many
from tests.faults.server import FaultServer, until
from tests.faults.viewer import viewing

pytestmark = pytest.mark.slow

#: Visits before and after the spool is full, and visits while it is.
FEW, MANY = 20, 300
#: A connection makes two events, and a third if its handshake is slow.
LEAST, MOST = 2, 3
#: Connections that are open when the spool gets full, and close before it has room again.
STAYING = 10
SMALL = 64 * 1024
DISK_SIZE = 1024 * 1024
OFTEN = {"HEARTBEAT_SECONDS": 1.0}
RECORDED, DROPPED = "lifecycle_events_recorded_total", "lifecycle_events_dropped_total"

Fault = Callable[[FaultServer], AbstractContextManager[None]]


async def visits(server: FaultServer, number: int) -> Ledger:
    """Connect clients that exchange a message and close; assert that all were accepted and have ended."""
    ledger = Ledger()
    await all_at_once(ledger, server.port, [VISIT] * number)
    assert len(ledger.accepted()) == number
    assert all(entry.ended_at for entry in ledger)
    return ledger


async def is_ready(server: FaultServer) -> bool:
    """Return whether ``/readyz`` answers 200."""
    return (await server.ready())[0] == 200


async def survives(server: FaultServer, fault: Fault) -> None:
    """Assert what must hold before, during and after a time in which nothing can be recorded."""
    async with viewing(server) as viewer:
        staying = Ledger()
        leaving = await open_many(staying, server.port, STAYING)
        before = await visits(server, FEW)
        await server.accounts_for(before, alone=False)
        assert await server.metric(DROPPED) == 0

        with fault(server):
            during = await visits(server, MANY)
            for client in leaving:
                await client.close(1000, "client_normal")
            dropped = await server.metric(DROPPED)
            assert dropped > 0
            await viewer.sees(lambda trust: trust["dropped"] >= dropped)

        await until(lambda: is_drained(server))
        dropped = await server.metric(DROPPED)
        after = await visits(server, FEW)
        await server.accounts_for(after, alone=False)
        assert await server.metric(DROPPED) == dropped
        await viewer.sees(lambda trust: trust["dropped"] == dropped)
        # The next heartbeat tries the disk again.
        await until(lambda: is_ready(server))
        await assert_only_drops_are_missing(server, staying, during, dropped)


async def assert_only_drops_are_missing(
    server: FaultServer, staying: Ledger, during: Ledger, dropped: float
) -> None:
    """Assert that no row is wrong or stays open, and that everything missing was counted as dropped."""
    during.may_be_dropped(since=-math.inf)
    for entry in staying:
        # Its accept was recorded, so it has a row even if its end was dropped.
        entry.causes |= {FORGOTTEN}
    both = Ledger([*staying, *during])
    await server.accounts_for(both, alone=False)
    recorded = {row["path"] for row in server.connections()}
    missing = [entry for entry in both if entry.path not in recorded]
    forgotten = [row for row in server.connections() if row["cause"] == FORGOTTEN]
    assert not any(row["exact"] for row in forgotten)
    assert LEAST * len(missing) + len(forgotten) <= dropped
    connections, viewers = STAYING + 2 * FEW + MANY, 1
    events = await server.metric(RECORDED) + dropped
    assert LEAST * connections + viewers <= events <= MOST * (connections + viewers)


async def is_drained(server: FaultServer) -> bool:
    """Return whether the spool has been written to the database."""
    return await server.metric("lifecycle_spool_events") == 0


async def test_spool__that_is_full_while_the_database_is_away(start: Start) -> None:
    server = start("daphne", lifecycle=OFTEN | {"SPOOL_MAX_BYTES": SMALL})
    await survives(server, lambda server: server.rows.locked())


@contextmanager
def largest_file(server: FaultServer) -> Iterator[None]:
    """Set the file size limit of a process to zero, so that its writes fail as on a full disk."""
    limits = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits)


async def test_disk__that_is_full_for_spool_database_and_log(start: Start) -> None:
    await survives(start("daphne", lifecycle=OFTEN), largest_file)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system and return its folder; this needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_SIZE}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk, and not in every container")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk with another file; delete the file at the end."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    yield
    filler.unlink()


async def test_disk__of_the_spool_that_somebody_else_has_filled(start: Start, disk: Path) -> None:
    server = start("daphne", lifecycle=OFTEN, SPOOL_DIR=str(disk / "spool"))
    await survives(server, lambda server: filled(disk))
