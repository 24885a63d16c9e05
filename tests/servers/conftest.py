"""Fixtures of the tests on the fleet of servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.conftest import blank
from tests.integration.servers import copy_of
from tests.servers.fleet import FleetServer

__all__ = ["blank", "launch"]
Launch = Callable[..., FleetServer]


@pytest.fixture
def launch(blank: Path, tmp_path: Path) -> Iterator[Launch]:
    """Return a function that starts a server of the fleet for one test; see ``FleetServer`` for its arguments."""
    with ExitStack() as stack:

        def begin(software: str, *options: str, **settings: str) -> FleetServer:
            data = copy_of(blank, tmp_path / "data")
            return stack.enter_context(FleetServer(software, data, *options, **settings))

        yield begin
