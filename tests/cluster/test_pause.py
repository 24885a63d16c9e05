"""A process is suspended past its lease and resumed: what others recorded about it is corrected."""

from __future__ import annotations

import asyncio
import signal

import pytest

from tests.cluster.cluster import within
from tests.cluster.conftest import StartCluster
from tests.cluster.pages import close_all, open_many
from tests.cluster.viewers import shown, viewing
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.slow

CONNECTIONS = 90


async def test_pause__past_the_lease_leaves_no_false_end(start_cluster: StartCluster, ledger: Ledger) -> None:
    cluster = start_cluster()
    operator = cluster.servers[0].sign_in()
    pages = await open_many(ledger, cluster.proxy.port, CONNECTIONS)
    await cluster.accounts_for(ledger)
    # It also holds the housekeeping lease, and must notice that another process has taken it.
    sleeper = await cluster.holder()
    own, pid = cluster.process_of(sleeper)["id"], sleeper.process.pid
    marks = {row["path"] for row in cluster.pages(f"process_id = '{own}'")}
    other = next(one for one in cluster.servers if one is not sleeper)

    sleeper.process.send_signal(signal.SIGSTOP)
    await within(20, lambda: cluster.count(f"process_id = '{own}' AND cause = 'process_lost'") == len(marks))
    asleep = [page for page in pages if page.entry.path in marks]
    for page in asleep[::3]:
        page.entry.ends("client_normal")
        page.send_close(1000)
    for page in asleep[1::3]:
        page.reset("network_lost")
    awake = [page for page in pages if page.entry.path not in marks]
    await close_all(awake[::2])
    assert cluster.process_of(sleeper)["end"] == "lost"

    async with viewing(other.port, operator) as viewer:
        sleeper.process.send_signal(signal.SIGCONT)
        await cluster.accounts_for(ledger)
        await viewer.sees(lambda picture: shown(picture, pid).get("state") == "live")
        await viewer.sees(lambda picture: picture["totals"]["open"] == len(ledger.still_open()))
    assert cluster.count("cause = 'process_lost'") == 0
    assert cluster.process_of(sleeper)["end"] == ""
    assert len(cluster.said("had been declared lost")) == 1
    assert len(cluster.said("was lost")) == 1

    await close_all(pages)
    await cluster.accounts_for(ledger)
    assert await cluster.scraped("websocket_connections_open") == 0
    await asyncio.gather(*(page.gone for page in pages))
