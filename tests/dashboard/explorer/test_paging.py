"""Pages follow each other without gaps and repetitions, at the same cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from dashboard.explorer import paging
from dashboard.explorer.counts import count
from dashboard.explorer.filters import BadFilter, Filters
from dashboard.explorer.paging import read_page
from dashboard.explorer.query import search_for
from lifecycle.models import Connection
from lifecycle.search import walk
from lifecycle.search.walk import Search
from tests.factories import connection

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
EVERYTHING = Search()


def fill(number: int, *, same_time: int = 3, **columns: object) -> list[Connection]:
    """Save connections, several of which have the same time; return them newest first."""
    made = [
        connection(opened_at=NOW - timedelta(seconds=position // same_time), **columns)
        for position in range(number)
    ]
    Connection.objects.bulk_create(made)
    return list(Connection.objects.order_by("-opened_at", "-pk"))


@pytest.fixture(params=[2_000, 2, 1], ids="steps of {}".format)
def steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walk in steps of different lengths."""
    monkeypatch.setattr(walk, "FIRST_STEP", request.param)
    monkeypatch.setattr(walk, "QUICK_SECONDS", 0)


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 30])
@pytest.mark.parametrize("seconds", [60.0, 0.0], ids=["at leisure", "out of time"])
def test_pages__contain_each_connection_once_in_both_directions(limit: int, seconds: float) -> None:
    expected = fill(20)
    seen: list[Connection] = []
    page = read_page(EVERYTHING, None, limit, seconds)
    seen += page.rows
    while page.older:
        page = read_page(EVERYTHING, paging.parse(str(page.older)), limit, seconds)
        seen += page.rows
    assert seen == expected

    back: list[Connection] = page.rows
    while page.newer:
        page = read_page(EVERYTHING, paging.parse(str(page.newer)), limit, seconds)
        back = page.rows + [row for row in back if row not in page.rows]
    assert back == expected


def test_page__out_of_time_says_how_far_it_got_and_continues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "FIRST_STEP", 5)
    rows = fill(20, same_time=1)
    rare = rows[12]
    Connection.objects.filter(pk=rare.pk).update(path="/rare/")
    search = search_for(Filters(q="rare"), NOW)
    page = read_page(search, seconds=0)
    assert (page.rows, page.reached) == ([], rows[5].opened_at)
    while not page.rows:
        assert page.older
        page = read_page(search, page.older, seconds=0)
    assert page.rows == [rare]


def test_page__last_page_has_no_older_one() -> None:
    fill(4)
    assert read_page(EVERYTHING, None, 4).older is None
    assert read_page(EVERYTHING, None, 3).older is not None


def test_page__empty_table_has_no_neighbours() -> None:
    page = read_page(EVERYTHING)
    assert (page.rows, page.older, page.newer, page.reached) == ([], None, None, None)


def statements(cursor: paging.Cursor | None) -> list[str]:
    """Return the statements that read one page."""
    with CaptureQueriesContext(database) as queries:
        read_page(search_for(Filters(), NOW), cursor, 5)
    return [query["sql"] for query in queries if "lifecycle_connection" in query["sql"]]


def test_page__deep_page_costs_the_same_as_the_first_and_counts_nothing() -> None:
    rows = fill(60)
    first, deep = statements(None), statements(paging.Cursor(paging.place_of(rows[40])))
    assert len(first) == len(deep) == 2
    assert not any("COUNT" in sql for sql in (*first, *deep))
    assert "OFFSET" not in deep[-1]


@pytest.mark.skipif(database.vendor != "sqlite", reason="other databases choose the query plan by the row count")
@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "lifecycle_opened_at"),
        (Filters(state="closed"), "lifecycle_opened_at"),
        (Filters(cause="network_lost", code="1006"), "lifecycle_opened_at"),
        (Filters(user="1"), "lifecycle_user_opened"),
        (Filters(ip="192.0.2.1"), "lifecycle_ip_opened"),
        (Filters(ip="192.0.2.1", state="closed", tab="t"), "lifecycle_ip_opened"),
        (Filters(process="01990000-0000-7000-8000-00000000abcd"), "lifecycle_process_opened"),
        (Filters(tab="t"), "lifecycle_tab"),
        (Filters(ip="192.0.2.0/24"), "lifecycle_ip_opened"),
        (Filters(state="open"), "lifecycle_state"),
        (Filters(endpoint="ws/chat/"), "lifecycle_state"),
        (Filters(q="01990000-0000-7000"), "sqlite_autoindex_lifecycle_connection_1"),
    ],
    ids=lambda value: value.query() if isinstance(value, Filters) else value,
)
def test_filters__read_an_index(filters: Filters, index: str) -> None:
    fill(3)
    with CaptureQueriesContext(database) as queries:
        read_page(search_for(filters, NOW))
    sql = [query["sql"] for query in queries if "ORDER BY" in query["sql"]][-1]
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert index in plan
    assert "SCAN lifecycle_connection" not in plan.replace(f"USING INDEX {index}", "") or "USING INDEX" in plan


@pytest.mark.parametrize("text", ["x", "!!!", "bzEyMw", "eDEyMy4w", "b" * 300, "ä", "bzEyMy54"])
def test_cursor__invalid_one_raises_a_sentence(text: str) -> None:
    with pytest.raises(BadFilter, match="leave it out"):
        paging.parse(text)


def test_counts__are_those_of_the_matching_rows() -> None:
    fill(6)
    fill(3, state="rejected", cause="rejected", close_code=None, sent_code=4401, accepted_at=None)
    fill(2, state="open", cause="", close_code=None, closed_at=None, endpoint="ws/other/")
    counts = count(search_for(Filters(), NOW), seconds=60)
    assert (counts.total, counts.reached) == (11, None)
    assert counts.causes == {"client_normal": 6, "rejected": 3}
    assert counts.codes == {"1000": 6, "4401": 3}
    assert counts.endpoints == {"ws/status/": 9, "ws/other/": 2}


def test_counts__stop_when_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "FIRST_STEP", 5)
    rows = fill(20, same_time=1)
    counts = count(search_for(Filters(), NOW), seconds=0)
    assert (counts.total, counts.reached) == (6, rows[5].opened_at)
