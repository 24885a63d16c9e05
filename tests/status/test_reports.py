"""The reports of one connection are limited in number and in bytes, and no report is recorded twice."""

from __future__ import annotations

import pytest

from lifecycle.status.reports import BYTES, LAST, NUMBER, Reports

NOW = 1_700_000_000.0


def state(name: object, note: str = "") -> dict[str, object]:
    """Return the columns of a change of state."""
    return {"state": str(name), "note": note}


def test_take__identical_report_adds_nothing() -> None:
    reports = Reports()
    names = ["hidden", "hidden", "visible", "hidden", "hidden"]
    assert [reports.take("status", state(name), NOW) for name in names] == [True, False, True, True, False]


def test_take__number_is_limited_and_the_last_states_are_kept_with_their_times() -> None:
    reports = Reports()
    taken = [reports.take("status", state(number), NOW + number) for number in range(NUMBER + 50)]
    assert taken == [True] * NUMBER + [False] * 50
    late = list(reports.at_the_end())
    expected = range(NUMBER + 50 - LAST, NUMBER + 50)
    assert [(one.at, one.columns["state"]) for one in late] == [(NOW + n, str(n)) for n in expected]
    assert list(reports.at_the_end()) == []


def test_take__bytes_are_limited() -> None:
    reports = Reports()
    notes = [chr(0x1F600 + number) * 200 for number in range(NUMBER)]
    taken = [note for note in notes if reports.take("status", state("open", note), NOW)]
    size = sum(len(note.encode()) for note in taken)
    assert BYTES / 2 < size <= BYTES


@pytest.mark.parametrize("kind", ["hello", "status"])
def test_take__first_of_its_kind_is_always_recorded(kind: str) -> None:
    reports = Reports()
    other = "hello" if kind == "status" else "status"
    for number in range(NUMBER + 1):
        reports.take(other, state(number), NOW)
    assert reports.take(kind, state("first"), NOW)


def test_take__hello_beyond_the_limit_is_not_kept() -> None:
    reports = Reports()
    taken = [reports.take("hello", {"page": f"/{number}"}, NOW) for number in range(NUMBER + 5)]
    assert (sum(taken), list(reports.at_the_end())) == (NUMBER, [])
