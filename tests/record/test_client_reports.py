"""Tests of client reports: the rows that they become, and the columns that they set on connections."""

from __future__ import annotations

from uuid import UUID

import pytest

from lifecycle.models import ClientReport, Connection
from lifecycle.record import store
from lifecycle.verdict.facts import Facts, new_id
from tests.factories import LOST, ended, facts, hello, life

pytestmark = pytest.mark.django_db


def row(known: Facts) -> Connection:
    """Return the row of a connection."""
    return Connection.objects.get(id=known.id)


def test_hello__sets_the_tab_of_its_connection() -> None:
    known = facts()
    store.save([*life(known)[:2], hello(known, "tab-1")])
    assert (row(known).tab_id, row(known).previous_id) == ("tab-1", None)
    assert [report.page for report in row(known).reports.all()] == ["/"]


@pytest.mark.parametrize("together", [True, False], ids=["one segment", "many segments"])
def test_hello__sets_the_client_columns_of_the_previous_connection(together: bool) -> None:
    old, new = facts(), facts()
    events = [*life(old)[:2], hello(old, "tab-1"), ended(old, LOST), *life(new)[:2], hello(new, "tab-1", old)]
    for batch in [events] if together else [[event] for event in events]:
        store.save(batch)
    found = row(old)
    assert (found.client_close_code, found.client_was_clean, found.client_offline_ms) == (1006, False, 3200)
    assert row(new).previous_id == UUID(old.id)


def test_hello__sets_the_client_columns_of_a_connection_that_is_still_open() -> None:
    old, new = facts(), facts()
    store.save([*life(old)[:2], hello(old, "tab-1"), *life(new)[:2], hello(new, "tab-1", old)])
    store.save([ended(old, LOST)])
    assert (row(old).cause, row(old).client_close_code) == ("network_lost", 1006)


def test_hello__from_another_tab_does_not_set_the_client_columns() -> None:
    old, new = facts(), facts()
    store.save([*life(old)[:2], hello(old, "tab-1"), ended(old), *life(new)[:2], hello(new, "tab-2", old)])
    assert (row(old).client_close_code, row(old).client_was_clean) == (None, None)
    assert row(new).previous_id == UUID(old.id)


def test_hello__second_report_of_the_same_end_is_ignored() -> None:
    old, new, third = facts(), facts(), facts()
    store.save([*life(old)[:2], hello(old, "tab-1"), ended(old), *life(new)[:2], hello(new, "tab-1", old)])
    store.save([*life(third)[:2], hello(third, "tab-1", old, previous_code=1000, previous_clean=True)])
    assert (row(old).client_close_code, row(old).client_was_clean) == (1006, False)


def test_hello__with_an_unknown_previous_connection_is_saved() -> None:
    new = facts()
    unknown = facts(id=new_id())
    store.save([*life(new)[:2], hello(new, "tab-1", unknown)])
    assert ClientReport.objects.get().previous_id == UUID(unknown.id)
    assert Connection.objects.count() == 1
