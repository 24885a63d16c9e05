"""Redis, PostgreSQL, or both restart: nothing is lost, and everything recovers by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import QUICK, TEMPLATE, migrate
from tests.cluster.pages import close_all, open_many
from tests.cluster.viewers import Picture, viewing
from tests.faults.ledger import Ledger
from tests.postgres import Postgres
from tests.redis_server import Redis

pytestmark = pytest.mark.slow

CONNECTIONS, LEAVING = 60, 20
#: Longer than the lease of two seconds. All processes are silent together, so none is called lost.
OUTAGE_SECONDS = 3.0
#: Part -> its key in a snapshot's ``trust``, which is false while the part is unavailable.
PARTS = {"redis": "feed", "postgres": "writing"}

Parts = dict[str, Postgres | Redis]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Return a PostgreSQL and a Redis that tests stop."""
    with Postgres() as postgres, Redis() as redis:
        migrate(postgres, tmp_path_factory.mktemp("migrate"))
        yield {"postgres": postgres, "redis": redis}


@pytest.fixture(scope="module")
def cluster(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return one cluster for all outages of this module."""
    database = parts["postgres"].url(TEMPLATE)
    with Cluster(tmp_path_factory.mktemp("outages"), database, parts["redis"].url, QUICK) as one:
        yield one


@pytest.fixture(scope="module")
def operator(cluster: Cluster) -> dict[str, str]:
    """Return the headers of an operator."""
    return cluster.servers[0].sign_in()


def sound(picture: Picture, still_open: int) -> bool:
    """Return whether a snapshot reports no problem and includes all three processes."""
    trust = picture["trust"]
    well = trust["feed"] and trust["writing"] and not trust["spool"] and not trust["dropped"]
    return bool(well and trust["processes"] == 3 and picture["totals"]["open"] == still_open)


@pytest.mark.parametrize("names", [("redis",), ("postgres",), ("redis", "postgres")], ids="+".join)
async def test_outage__is_shown_and_loses_nothing(
    cluster: Cluster, operator: dict[str, str], parts: Parts, ledger: Ledger, names: tuple[str, ...]
) -> None:
    pages = await open_many(ledger, cluster.proxy.port, CONNECTIONS)
    async with viewing(cluster.servers[1].port, operator) as viewer:
        await viewer.sees(lambda picture: sound(picture, CONNECTIONS))
        for name in names:
            await asyncio.to_thread(parts[name].stop)
        ends = time.monotonic() + OUTAGE_SECONDS
        await close_all(pages[:LEAVING])
        pages += await open_many(ledger, cluster.proxy.port, LEAVING)
        for name in names:
            await viewer.sees(lambda picture, name=name: not picture["trust"][PARTS[name]])
        await asyncio.sleep(max(0.0, ends - time.monotonic()))
        for name in names:
            await asyncio.to_thread(parts[name].start)
        await viewer.sees(lambda picture: sound(picture, CONNECTIONS))

    await cluster.accounts_for(ledger)
    await close_all(pages)
    await cluster.accounts_for(ledger)
    assert cluster.said("lost") == []
    assert cluster.count("cause = 'process_lost'") == 0
