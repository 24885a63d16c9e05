"""The most recent ends of connections in a process."""

from __future__ import annotations

import pytest

from lifecycle.record import recent_ends
from lifecycle.record.recent_ends import RecentEnds
from tests.factories import ended, facts, make_facts


def test_iteration__starts_with_the_latest() -> None:
    recent, ends = RecentEnds(), [ended(facts()) for _ in range(3)]
    for end in ends:
        recent.add(end)
    assert list(recent) == ends[::-1]


def test_add__drops_the_oldest_end_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_ends, "LIMIT", 2)
    recent, ends = RecentEnds(), [ended(facts()) for _ in range(3)]
    for end in ends:
        recent.add(end)
    assert list(recent) == [ends[2], ends[1]]


def test_iteration__is_not_affected_by_a_new_end() -> None:
    recent = RecentEnds()
    recent.add(ended(facts()))
    for _ in recent:
        recent.add(ended(facts()))
    assert len(list(recent)) == 2


def test_find__returns_the_row_of_a_connection() -> None:
    recent, known = RecentEnds(), facts()
    recent.add(ended(facts()))
    recent.add(ended(known))
    row = recent.find(known.id)
    assert row
    assert (row["id"], row["cause"]) == (known.id, "client_normal")


@pytest.mark.parametrize("unknown", [None, "", "an id"])
def test_find__of_an_unknown_connection_is_none(unknown: str | None) -> None:
    recent = RecentEnds()
    recent.add(ended(facts()))
    assert recent.find(unknown) is None


def test_set_tab__changes_only_the_end_of_that_connection() -> None:
    recent, known, other = RecentEnds(), facts(), facts()
    recent.add(ended(known))
    recent.add(ended(other))
    recent.set_tab(make_facts(id=known.id, tab_id="tab-1"))
    row, untouched = recent.find(known.id), recent.find(other.id)
    assert row
    assert untouched
    assert (row["tab_id"], untouched["tab_id"]) == ("tab-1", "")
