"""A rolling restart of three servers while clients connect, leave and reconnect."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter

import pytest

from tests.cluster.cluster import Cluster, signalled
from tests.cluster.conftest import StartCluster
from tests.cluster.pages import Visitors
from tests.faults.ledger import Ledger
from tests.faults.server import until

pytestmark = pytest.mark.slow

VISITORS = 45
#: Causes that the record may give for handshakes that a stopping server did not answer.
UNANSWERED = ("abandoned", "server_shutdown")


async def restart_each(cluster: Cluster, visitors: Visitors) -> None:
    """Restart the servers in turn, each after some more visits."""
    for server in cluster.servers:
        visits = visitors.served + VISITORS
        await until(lambda visits=visits: visitors.served >= visits)
        visitors.stopping(time.time())
        await signalled(server, signal.SIGTERM)
        visitors.stopping(None)
        await asyncio.to_thread(server.start)


async def test_restart__of_all_in_turn_loses_no_connection(start_cluster: StartCluster, ledger: Ledger) -> None:
    cluster = start_cluster()
    operator = cluster.servers[0].sign_in()
    visitors = Visitors(ledger, cluster.proxy.port)
    async with asyncio.TaskGroup() as tasks:
        for number in range(VISITORS):
            # Some stay until their server stops.
            tasks.create_task(visitors.come_and_go(30.0 if number % 3 == 0 else 0.4 + number / 50))
        await restart_each(cluster, visitors)
        visitors.leaving = True
    ledger.unopened_may_be(*UNANSWERED)
    assert "no live upstreams" not in (cluster.proxy.folder / "error.log").read_text()

    await cluster.accounts_for(ledger)
    assert cluster.count("cause = 'process_lost'") == 0
    assert cluster.count("cause = 'server_shutdown' AND state = 'closed'") > 0
    assert await cluster.scraped("websocket_connections_open") == 0
    assert await cluster.scraped("lifecycle_events_dropped_total") == 0
    marks = cluster.history(cluster.servers[0], operator)["marks"]
    assert Counter(mark["kind"] for mark in marks) == {"start": 6, "stop": 3}
