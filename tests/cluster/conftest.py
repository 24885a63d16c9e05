"""Fixtures of the cluster tests: migrated, empty databases, Redis, three servers and a proxy."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, manage
from tests.faults.ledger import Ledger
from tests.postgres import Postgres
from tests.redis_server import Redis

TEMPLATE = "migrated"
#: Short, so that tests are quick: a process that is silent for two seconds is lost.
QUICK: dict[str, object] = {"HEARTBEAT_SECONDS": 0.5, "LEASE_SECONDS": 2.0}

StartCluster = Callable[..., Cluster]
NewDatabase = Callable[[], str]


@pytest.fixture(scope="package", autouse=True)
def _many_files() -> None:
    """Raise the limit of open files to the maximum: with a proxy, each connection uses several."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture(scope="package")
def shared_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Return a PostgreSQL that no test stops, with a migrated database to copy."""
    with Postgres() as one:
        migrate(one, tmp_path_factory.mktemp("migrate"))
        yield one


def migrate(postgres: Postgres, data: Path) -> None:
    """Create the migrated database that ``new_database`` copies."""
    environment = {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": postgres.create(TEMPLATE)}
    manage(environment, "migrate", "--verbosity", "0")


@pytest.fixture(scope="package")
def new_database(shared_postgres: Postgres) -> NewDatabase:
    """Return a function that creates a migrated, empty database and returns its address."""
    numbers = count()
    return lambda: shared_postgres.create(f"monitor{next(numbers)}", TEMPLATE)


@pytest.fixture
def redis() -> Iterator[Redis]:
    """Return a Redis."""
    with Redis() as one:
        yield one


@pytest.fixture
def ledger() -> Ledger:
    """Return an empty ledger."""
    return Ledger()


@pytest.fixture
def start_cluster(new_database: NewDatabase, redis: Redis, tmp_path: Path) -> Iterator[StartCluster]:
    """Return a function that starts a cluster; its arguments are settings of the monitor."""
    with ExitStack() as stack:

        def begin(database: str = "", **lifecycle: object) -> Cluster:
            chosen = {**QUICK, **lifecycle}
            return stack.enter_context(Cluster(tmp_path, database or new_database(), redis.url, chosen))

        yield begin


@pytest.fixture(scope="package")
def calm(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a cluster that tests only read from."""
    with Redis() as one, Cluster(tmp_path_factory.mktemp("calm"), new_database(), one.url, QUICK) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def operator(calm: Cluster) -> dict[str, str]:
    """Return the headers of an operator who is signed in to the ``calm`` cluster."""
    return calm.servers[0].sign_in()
