"""Fixtures of the fault tests: servers with chosen settings, PostgreSQL, Redis."""

from __future__ import annotations

import resource
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.ledger import Ledger
from tests.faults.server import FaultServer
from tests.integration.servers import copy_of, manage, migrated
from tests.postgres import Postgres
from tests.redis_server import Redis

Start = Callable[..., FaultServer]


@pytest.fixture(scope="session", autouse=True)
def _many_files() -> None:
    """Raise the limit of open files to the maximum: each connection uses one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def ledger() -> Ledger:
    """Return an empty ledger."""
    return Ledger()


@pytest.fixture(scope="package")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty data folder to copy."""
    return migrated(tmp_path_factory.mktemp("blank") / "data")


@pytest.fixture
def describe(blank: Path, tmp_path: Path) -> Iterator[Start]:
    """Return a function that describes servers on one data folder; see ``FaultServer`` for its arguments.

    Those that a test starts are ended with it.
    """
    data = copy_of(blank, tmp_path / "data")
    with ExitStack() as stack:

        def make(software: str = "daphne", *options: str, **settings: object) -> FaultServer:
            server = FaultServer(software, data, *options, **settings)
            stack.callback(server.__exit__)
            return server

        yield make


@pytest.fixture
def start(describe: Start) -> Start:
    """Return a function that starts a server; see ``FaultServer`` for its arguments."""

    def begin(software: str = "daphne", *options: str, **settings: object) -> FaultServer:
        server = describe(software, *options, **settings)
        server.start()
        return server

    return begin


@pytest.fixture(scope="package")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Return a PostgreSQL with a migrated, empty database "blank"."""
    with Postgres() as one:
        folder = tmp_path_factory.mktemp("postgres")
        manage(folder, "migrate", "--verbosity", "0", DATABASE_URL=one.create("blank"))
        yield one


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """Create a migrated, empty database and return its address."""
    return postgres.create(f"test_{uuid.uuid4().hex}", template="blank")


@pytest.fixture
def redis() -> Iterator[Redis]:
    """Return a Redis."""
    with Redis() as one:
        yield one
