"""One of three processes is killed: only its connections are lost, and clients that reconnect count once."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import pytest

from tests.cluster.cluster import SLACK_SECONDS, signalled, within
from tests.cluster.conftest import QUICK, StartCluster
from tests.cluster.pages import close_all, open_many
from tests.cluster.viewers import Viewer, shown, viewing
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.slow

CONNECTIONS = 150
#: A process is called silent after 3.5 seconds, and gone after its lease.
HEARTBEAT, LEASE = 1.0, 6.0


async def test_kill__is_shown_correctly_and_affects_no_other_process(
    start_cluster: StartCluster, ledger: Ledger
) -> None:
    cluster = start_cluster(HEARTBEAT_SECONDS=HEARTBEAT, LEASE_SECONDS=LEASE)
    operator = cluster.servers[0].sign_in()
    pages = await open_many(ledger, cluster.proxy.port, CONNECTIONS)
    await cluster.accounts_for(ledger)
    # The worst process to lose: it holds the housekeeping lease, which others get only after it expires.
    victim = await cluster.holder()
    lost, pid = cluster.process_of(victim)["id"], victim.process.pid
    marks = {row["path"] for row in cluster.pages(f"process_id = '{lost}'")}
    survivors = [one for one in cluster.servers if one is not victim]

    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(viewing(one.port, operator)) for one in survivors]
        for viewer in viewers:
            await viewer.sees(lambda picture: picture["totals"]["open"] == CONNECTIONS)
            viewer.pictures[:-1] = []
        own = {one.process.pid: shown(viewers[0].latest, one.process.pid)["open"] for one in survivors}
        assert sum(own.values()) == CONNECTIONS - len(marks)

        for page in pages:
            if page.entry.path in marks:
                page.entry.ends("process_lost")
        killed_at = time.monotonic()
        await signalled(victim, signal.SIGKILL)
        await within(
            LEASE + HEARTBEAT + SLACK_SECONDS, lambda: cluster.count("cause = 'process_lost'") == len(marks)
        )
        for viewer in viewers:
            await viewer.sees(lambda picture: shown(picture, pid)["state"] == "gone")
        assert time.monotonic() - killed_at < LEASE + HEARTBEAT + 2 * SLACK_SECONDS
        for viewer in viewers:
            assert_told_as_it_was(viewer, pid, len(marks), own)
    await cluster.accounts_for(ledger)
    assert {row["exact"] for row in cluster.pages("cause = 'process_lost'")} == {False}
    told = cluster.history(survivors[0], operator)
    assert sum(told["closes"]["process_lost"]) == len(marks)
    assert [mark["kind"] for mark in told["marks"]] == ["start", "start", "start", "lost"]

    # Exactly one of the others ended the process, and holds the lease now.
    assert len(cluster.said("was lost")) == 1
    assert await cluster.holder() in survivors

    pages += await open_many(ledger, cluster.proxy.port, len(marks))
    await cluster.accounts_for(ledger)
    assert await cluster.scraped("websocket_connections_open") == CONNECTIONS
    await close_all(pages)
    await cluster.accounts_for(ledger)


def assert_told_as_it_was(viewer: Viewer, pid: int, lost: int, own: dict[int, int]) -> None:
    """Assert that a viewer saw the killed process live, silent and gone, and the other processes unchanged."""
    states = [shown(picture, pid)["state"] for picture in viewer.pictures]
    assert sorted(states, key=["live", "silent", "gone"].index) == states
    assert set(states) == {"live", "silent", "gone"}
    for picture, state in zip(viewer.pictures, states, strict=True):
        assert shown(picture, pid)["open"] == lost
        assert {one: shown(picture, one)["open"] for one in own} == own
        totals = picture["totals"]
        assert totals["open"] == sum(own.values()) + (lost if state == "live" else 0)
        assert totals["unconfirmed"] == (lost if state == "silent" else 0)


async def test_command__ends_what_a_cluster_that_died_whole_left_open(
    start_cluster: StartCluster, ledger: Ledger
) -> None:
    cluster = start_cluster()
    await open_many(ledger, cluster.proxy.port, 30)
    await cluster.accounts_for(ledger)
    ledger.all_end("process_lost")
    await asyncio.gather(*(signalled(one, signal.SIGKILL) for one in cluster.servers))
    assert cluster.count("state = 'open'") == 30
    # No server is left that could renew a lease: time alone ends them.
    await asyncio.sleep(float(str(QUICK["LEASE_SECONDS"])) + 0.2)

    said = await asyncio.to_thread(cluster.manage, "lifecycle_housekeeping")
    # The command runs on the first host and adopts its spool; it cannot reach the others.
    assert said == "1 spools adopted, 2 lost processes ended, 0 late connections ended\n"
    await cluster.accounts_for(ledger)
    again = await asyncio.to_thread(cluster.manage, "lifecycle_housekeeping")
    assert again == "0 spools adopted, 0 lost processes ended, 0 late connections ended\n"
