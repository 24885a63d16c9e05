"""Fixtures of the tests on real servers: migrated data folders, and servers on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.servers import Server, copy_of, migrated

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty data folder to copy."""
    return migrated(tmp_path_factory.mktemp("blank") / "data")


@pytest.fixture(scope="session", params=["daphne", "uvicorn"])
def server(
    request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Serve the test application with each server in turn; the sockets of all tests share it."""
    folder = tmp_path_factory.mktemp(request.param) / "data"
    with Server(request.param, copy_of(blank, folder)) as one:
        yield one
        assert one.complaints() == []


@pytest.fixture
def start(blank: Path, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a server for one test; see ``Server`` for its arguments."""
    with ExitStack() as stack:

        def begin(software: str, *options: str, **settings: str) -> Server:
            data = copy_of(blank, tmp_path / "data")
            return stack.enter_context(Server(software, data, *options, **settings))

        yield begin
