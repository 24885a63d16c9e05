"""History from the database: open connections, ends, marks, and the number of queries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard import history
from lifecycle.history.windows import RANGES, Window
from lifecycle.models import Connection, ServerProcess
from lifecycle.verdict.causes import Cause
from lifecycle.verdict.facts import new_id

pytestmark = pytest.mark.django_db

#: A time that is not on the boundary of a bucket in any range.
NOW = 1_700_000_005.0
CHAT, FEED = "ws/chat/", "ws/feed/"
#: The start of the first and of the last bucket of the last 15 minutes.
FIRST, LAST = 1_700_000_000 - 890, 1_700_000_000


NOTHING = {"buckets": [], "count": 0, "p50": None, "p95": None, "p99": None}


def at(seconds: float | None) -> datetime | None:
    """Return a Unix time as a datetime."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def life(begin: float | None, end: float | None = None, endpoint: str = CHAT, **more: Any) -> Connection:  # noqa: ANN401
    """Store and return a connection that was accepted at ``begin`` and ended at ``end``; ``None`` means never."""
    cause = more.pop("cause", Cause.CLIENT_NORMAL)
    ended = {"state": "closed", "cause": cause.value, "initiator": cause.initiator.value, "close_code": 1000}
    columns = {
        "id": UUID(new_id()),
        "endpoint": endpoint,
        "path": "/",
        "opened_at": at(end if begin is None else begin),
        "accepted_at": at(begin),
        "closed_at": at(end),
        **(ended if end else {}),
        **more,
    }
    return Connection.objects.create(**columns)


def read(name: str = "15m", now: float = NOW) -> dict[str, Any]:
    """Return the history of a range."""
    return {**history.read(Window.of(name, now), now, name), "record": None}


def levels(changes: dict[int, int], count: int = 90) -> list[int]:
    """Return ``count`` numbers that start at 0 and change to ``changes[position]`` at each such position."""
    series, level = [], 0
    for position in range(count):
        level = changes.get(position, level)
        series.append(level)
    return series


@pytest.mark.parametrize(("name", "seconds"), RANGES.items())
def test_window__buckets_cover_the_range_up_to_now(name: str, seconds: int) -> None:
    window = Window.of(name, NOW)
    assert window.count * window.bucket == seconds
    assert window.times[0] % window.bucket == 0
    assert window.times[-1] <= NOW < window.times[-1] + window.bucket


def test_window__unknown_range_raises_key_error() -> None:
    with pytest.raises(KeyError):
        Window.of("2y", NOW)


def test_read__without_rows_has_every_field() -> None:
    assert read() == {
        "v": 2,
        "range": "15m",
        "from": FIRST,
        "to": NOW,
        "bucket_s": 10,
        "times": list(range(FIRST, LAST + 10, 10)),
        "since": 0,
        "age_s": 0.0,
        "open": {},
        "closes": {},
        "marks": [],
        "ends": [],
        "peak": {"open": 0, "at": FIRST},
        "durations": NOTHING,
        "silences": NOTHING,
        "handshakes": NOTHING,
        "previous": None,
        "record": None,
    }


def test_open__counts_from_accept_to_end() -> None:
    life(FIRST + 25, FIRST + 45)
    life(FIRST + 35)
    assert read()["open"] == {CHAT: levels({2: 1, 3: 2, 4: 1})}


def test_open__includes_connections_that_opened_before_the_range() -> None:
    life(FIRST - 1000)
    life(FIRST - 2000, FIRST + 5)
    life(FIRST - 3000, FIRST - 1)
    assert read()["open"] == {CHAT: levels({0: 1})}


def test_open__connection_within_one_bucket_is_not_counted() -> None:
    life(FIRST + 21, FIRST + 29)
    assert read()["open"] == {CHAT: levels({})}


def test_open__is_grouped_by_endpoint() -> None:
    life(FIRST + 25)
    life(FIRST + 35, endpoint=FEED)
    assert read()["open"] == {CHAT: levels({2: 1}), FEED: levels({3: 1})}


def test_open__time_on_a_boundary_belongs_to_the_later_bucket() -> None:
    life(FIRST + 20, FIRST + 30)
    assert read()["open"] == {CHAT: levels({2: 1, 3: 0})}


def test_open__current_moment_is_in_the_last_bucket() -> None:
    life(NOW)
    assert read()["open"] == {CHAT: levels({89: 1})}


def test_open__refused_handshakes_are_not_counted() -> None:
    life(None, FIRST + 25, state="rejected", cause=Cause.REJECTED, close_code=None)
    assert read()["open"] == {}


@pytest.mark.parametrize("name", ["1h", "6h", "24h"])
def test_open__last_number_is_correct_in_each_range(name: str) -> None:
    life(NOW - 5)
    life(NOW - 600)
    life(NOW - 3000, NOW - 100)
    life(NOW - 200_000)
    assert read(name)["open"][CHAT][-1] == 3


def test_closes__are_counted_by_cause_and_bucket() -> None:
    life(FIRST, FIRST + 25)
    life(FIRST, FIRST + 25)
    life(FIRST - 5000, FIRST + 25, cause=Cause.NETWORK_LOST)
    life(FIRST, NOW)
    closes = read()["closes"]
    assert list(closes) == ["client_normal", "network_lost"]
    assert (closes["client_normal"][2], closes["client_normal"][89], sum(closes["client_normal"])) == (2, 1, 3)
    assert (closes["network_lost"][2], sum(closes["network_lost"])) == (1, 1)


def test_closes__refusals_and_earlier_ends_are_not_counted() -> None:
    life(None, FIRST + 25, state="rejected", cause=Cause.REJECTED, close_code=None)
    life(FIRST - 100, FIRST - 1)
    assert read()["closes"] == {}


def test_ends__are_grouped_by_code_and_cause_largest_first() -> None:
    for _ in range(3):
        life(FIRST, FIRST + 25)
    life(FIRST, FIRST + 25, cause=Cause.NETWORK_LOST, close_code=1006)
    life(FIRST - 100, FIRST - 1)
    assert read()["ends"] == [
        {
            "code": 1000,
            "refusal": None,
            "cause": "client_normal",
            "initiator": "client",
            "state": "closed",
            "count": 3,
            "share": 0.75,
            "abnormal": False,
        },
        {
            "code": 1006,
            "refusal": None,
            "cause": "network_lost",
            "initiator": "network",
            "state": "closed",
            "count": 1,
            "share": 0.25,
            "abnormal": True,
        },
    ]


def test_ends__group_refusals_by_the_code_that_the_application_sent() -> None:
    for code in (4401, 4401, 4403):
        refused = {"state": "rejected", "cause": Cause.REJECTED, "close_code": None, "sent_code": code}
        life(None, FIRST + 25, **refused)
    assert [(end["code"], end["refusal"], end["count"]) for end in read()["ends"]] == [
        (None, 4401, 2),
        (None, 4403, 1),
    ]


def test_ends__include_refusals_without_a_code() -> None:
    life(None, FIRST + 25, state="rejected", cause=Cause.REJECTED_ORIGIN, close_code=None)
    [end] = read()["ends"]
    assert (end["code"], end["cause"], end["state"], end["share"]) == (None, "rejected_origin", "rejected", 1.0)


def test_ends__groups_are_limited_but_shares_refer_to_all_ends() -> None:
    for code in range(4000, 4050):
        life(FIRST, FIRST + 25, close_code=code)
    ends = read()["ends"]
    assert (len(ends), ends[0]["share"]) == (history.ENDS_LIMIT, 0.02)


def test_read__leaves_out_the_viewers_of_the_dashboard() -> None:
    life(FIRST + 25, FIRST + 45, endpoint="ws/dashboard/")
    life(FIRST - 25, endpoint="monitor/ws/dashboard/")
    assert (read()["open"], read()["closes"], read()["ends"]) == ({}, {}, [])


def test_read__has_the_refusals_at_the_dashboard() -> None:
    refused = {"state": "rejected", "cause": Cause.REJECTED_ORIGIN, "close_code": None}
    life(None, FIRST + 45, endpoint="ws/dashboard/", **refused)
    [group] = read()["ends"]
    assert (group["cause"], group["count"], read()["open"], read()["closes"]) == ("rejected_origin", 1, {}, {})


def a_process(began: float, ended: float | None = None, **told: Any) -> ServerProcess:  # noqa: ANN401
    """Return a process that started at ``began`` and ended at ``ended``; ``None`` if it still runs."""
    return ServerProcess.objects.create(
        host="web-1", pid=42, started_at=at(began), heartbeat_at=at(ended or began), ended_at=at(ended), **told
    )


def test_marks__are_starts_and_stops_sorted_by_time() -> None:
    a_process(FIRST + 100, FIRST + 200, end="stopped", release="2026.11")
    a_process(FIRST - 500, FIRST + 150, end="lost")
    a_process(FIRST - 500)
    assert read()["marks"] == [
        {"at": FIRST + 100, "kind": "start", "process": "web-1:42", "release": "2026.11"},
        {"at": FIRST + 150, "kind": "lost", "process": "web-1:42", "release": ""},
        {"at": FIRST + 200, "kind": "stop", "process": "web-1:42", "release": "2026.11"},
    ]


def test_marks__only_the_newest_are_kept() -> None:
    for number in range(history.MARKS_LIMIT + 5):
        a_process(FIRST + number)
    marks = read()["marks"]
    assert len(marks) == history.MARKS_LIMIT
    assert marks[-1]["at"] == FIRST + history.MARKS_LIMIT + 4


def test_read__number_of_queries_does_not_depend_on_the_number_of_rows(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(2):
        for second in range(60 * number + 1):
            life(FIRST + second * 10, FIRST + second * 10 + 300, endpoint=f"ws/{second}/")
            life(FIRST - second)
            a_process(FIRST + second, FIRST + second + 1)
        with django_assert_num_queries(18):
            read()
