"""The size and the growth of the record, and the warning before the disk is full."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.checks import Warning as CheckWarning
from django.utils import timezone

from lifecycle.history import building, checks, size
from lifecycle.history.checks import check_disk
from lifecycle.history.size import Size
from lifecycle.models import Connection
from tests.factories import connection

pytestmark = pytest.mark.django_db


def save_days(days: int, per_day: int) -> None:
    """Save the same number of connections on each of the last days, and build their rollups."""
    times = [timezone.now() - timedelta(hours=24 * day + 2) for day in range(days)]
    Connection.objects.bulk_create([connection(opened_at=at) for at in times for _ in range(per_day)])
    building.build(uuid4(), lambda done: None)


def test_measure__without_rows_knows_nothing() -> None:
    found = size.measure(time.time())
    assert (found.rows_since, found.rollups_since, found.bytes_per_day, found.full_in_days) == (
        None,
        None,
        None,
        None,
    )
    assert found.bytes


def test_measure__growth_is_the_traffic_of_the_last_week() -> None:
    save_days(10, 12)
    found = size.measure(time.time())
    assert (found.bytes_per_day or 0) / (found.bytes or 1) == pytest.approx(0.1, rel=0.2)
    assert found.rows_since == pytest.approx(time.time() - 9 * 86_400 - 7200, abs=60)


@pytest.mark.parametrize(
    ("free", "growth", "days"), [(None, 5.0, None), (100, None, None), (100, 0.0, None), (100, 50.0, 2.0)]
)
def test_full_in_days__is_the_free_space_divided_by_the_growth(
    free: int | None, growth: float | None, days: float | None
) -> None:
    assert Size(0, 0, 1, growth, free).full_in_days == days


def test_check_disk__warns_a_week_before_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "measure", lambda now: Size(0, 0, 1, 100.0, 350))
    assert check_disk(None, databases=["default"]) == [
        CheckWarning(
            "The disk of the database would be full in 3.5 days.",
            hint='Free space on the disk, or keep rows for a shorter time: LIFECYCLE["ROWS_DAYS"].',
            id="lifecycle.W010",
        )
    ]


@pytest.mark.parametrize("databases", [None, [], ["other"]])
def test_check_disk__looks_only_at_the_databases_that_are_checked(
    databases: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "measure", lambda now: Size(0, 0, 1, 100.0, 350))
    assert check_disk(None, databases=databases) == []


def test_check_disk__is_silent_if_there_is_space_for_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "measure", lambda now: Size(0, 0, 1, 100.0, 100 * checks.DAYS))
    assert check_disk(None, databases=["default"]) == []
