"""The table of servers by ending in docs/servers.md is what real servers do, and no exact verdict is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.servers import copy_of
from tests.servers.endings import ENDINGS, STOP, TRUTH, Observation
from tests.servers.fleet import FLEET
from tests.servers.table import cell, observe, published

pytestmark = pytest.mark.slow


class Column(NamedTuple):
    """What was observed on one server."""

    software: str
    seen: dict[str, Observation | str]

    def ends(self) -> dict[str, Observation]:
        """Return the ends that came, by ending."""
        return {name: one for name, one in self.seen.items() if isinstance(one, Observation)}


@pytest.fixture(scope="module", params=FLEET)
def column(request: pytest.FixtureRequest, blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Column:
    """Return what was observed on each server in turn."""
    data = copy_of(blank, tmp_path_factory.mktemp("server") / "data")
    return Column(request.param, asyncio.run(observe(request.param, data)))


def test_table__is_what_was_observed(column: Column) -> None:
    # If a server has changed: python -m tests.servers.table --write
    expected = {name: cell(column.software, name, one) for name, one in column.seen.items()}
    assert published(column.software) == expected


def test_verdict__is_true_or_unknown(column: Column) -> None:
    wrong = {name: one.cause for name, one in column.ends().items() if one.cause not in {TRUTH[name], "unknown"}}
    assert wrong == {}


def test_verdict__that_is_exact_has_the_code_on_the_wire(column: Column) -> None:
    exact = {name: one for name, one in column.ends().items() if one.exact}
    assert {name: one for name, one in exact.items() if one.code != one.wire} == {}
    assert {name: one for name, one in exact.items() if one.cause == "unknown"} == {}


def test_table__has_a_row_for_each_ending() -> None:
    assert list(published("Daphne")) == [*ENDINGS, STOP]
