"""The history that is read from rollups equals the history that is read from rows."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard import history
from lifecycle.history import building, upkeep
from lifecycle.history.periods import DAY, HOUR, floor
from lifecycle.history.reads import Dimension, Reader
from lifecycle.history.rows import moment
from lifecycle.history.windows import RANGES, Window
from lifecycle.models import Connection, RollupProgress
from tests.factories import connection, process_row

pytestmark = pytest.mark.django_db
ENDS = [("client_normal", 1000), ("network_lost", 1006), ("server_application", 4002)]


@pytest.fixture
def now() -> float:
    return time.time()


def fill(now: float, number: int = 400, days: float = 40.0) -> None:
    """Save random connections of the last days; one in ten is refused, and one in ten is still open."""
    dice = random.Random(5)
    processes = [process_row(pid=pid) for pid in range(2)]
    found = []
    for _ in range(number):
        opened = now - dice.choice([dice.uniform(0, 3600), dice.uniform(0, days * DAY)])
        columns: dict[str, Any] = {"opened_at": moment(opened), "endpoint": dice.choice(["ws/a/", "ws/b/"])}
        columns["accepted_at"] = moment(opened + dice.random())
        columns["closed_at"] = min(
            moment(now), columns["accepted_at"] + timedelta(seconds=dice.expovariate(1 / 900))
        )
        columns["process_id"] = dice.choice(processes).id
        columns["cause"], columns["close_code"] = dice.choice(ENDS)
        kind = dice.randrange(10)
        if kind == 0:
            columns |= {"accepted_at": None, "state": "rejected", "cause": "rejected", "close_code": None}
        if kind == 1:
            columns |= {"closed_at": None, "state": "open", "cause": "", "close_code": None}
        found.append(connection(**columns))
    Connection.objects.bulk_create(found)


def read(window: Window, now: float) -> dict[str, Any]:
    """Return the history of a window, without what depends on the existence of rollups."""
    answer: dict[str, Any] = {**history.read(window, now, compare=True)}
    for name in ("since", "age_s", "marks", "peak", "record"):
        answer.pop(name)
    return answer


def windows(now: float) -> dict[str, Window]:
    """Return the ranges, and some windows of the past."""
    past = {"an hour, yesterday": (DAY + 5000, 3600), "ten days, last month": (33 * DAY, 10 * DAY)}
    return {name: Window.of(name, now) for name in RANGES} | {
        name: Window.between(now - ago, now - ago + length) for name, (ago, length) in past.items()
    }


def test_history__from_rollups_equals_history_from_rows(now: float) -> None:
    fill(now)
    from_rows = {name: read(window, now) for name, window in windows(now).items()}
    building.build(uuid4(), lambda done: None)
    assert (
        RollupProgress.objects.get().since == floor(now - 40 * DAY, DAY) or RollupProgress.objects.get().since > 0
    )
    for name, window in windows(now).items():
        assert read(window, now) == from_rows[name], name


def test_history__old_ranges_read_as_before_after_pruning(now: float) -> None:
    fill(now)
    building.build(uuid4(), lambda done: None)
    names = ("24h", "7d", "30d", "90d")
    before = {name: read(Window.of(name, now), now) for name in names}
    number = Connection.objects.count()
    assert building.prune(uuid4(), lambda deleted: None) > 20
    assert number - Connection.objects.count() > 20
    assert {name: read(Window.of(name, now), now) for name in names} == before


@pytest.mark.parametrize("dimension", ["endpoint", "process_id"])
def test_changes__from_rollups_equal_changes_from_rows(now: float, dimension: Dimension) -> None:
    fill(now)

    def changes() -> Counter[tuple[int, Any]]:
        found: Counter[tuple[int, Any]] = Counter()
        for change in Reader.at(now).changes(Window.of("7d", now), dimension):
            for name in ("opened", "closed", "refused"):
                found[change.slot, change.key, name] += getattr(change, name)
        return +found

    from_rows = changes()
    building.build(uuid4(), lambda done: None)
    assert changes() == from_rows
    assert from_rows.total() > 200


def test_peak__is_between_the_ends_of_the_buckets(now: float) -> None:
    start = floor(now - 3 * HOUR, HOUR)
    for second in range(10):
        at = moment(start + 100 + second)
        Connection.objects.bulk_create(
            [connection(opened_at=at, accepted_at=at, closed_at=moment(start + 130 + second))]
        )
    building.build(uuid4(), lambda done: None)
    answer = history.read(Window.of("24h", now), now)
    assert max(map(max, answer["open"].values())) == 0
    assert answer["peak"]["open"] == 10


def test_read__current_minute_comes_from_rows(now: float) -> None:
    building.build(uuid4(), lambda done: None)
    at = moment(now)
    Connection.objects.bulk_create([connection(opened_at=at, accepted_at=at, closed_at=at)])
    assert sum(map(sum, history.read(Window.of("90d", now), now)["closes"].values())) == 1


def test_read__number_of_queries_does_not_depend_on_the_length(
    now: float, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill(now)
    building.build(uuid4(), lambda done: None)
    for name in RANGES:
        with django_assert_max_num_queries(60):
            history.read(Window.of(name, now), now)


def test_keep_up__does_nothing_without_the_lease(now: float) -> None:
    assert upkeep.keep_up(uuid4(), now)
    assert not upkeep.keep_up(uuid4(), now)


def test_keep_up__prunes_no_row_before_its_rollup_exists(now: float) -> None:
    fill(now)
    holder, number = uuid4(), Connection.objects.count()
    upkeep.keep_up(holder, now)
    assert not upkeep.is_complete(RollupProgress.objects.get())
    assert Connection.objects.count() == number
