"""Which refused handshakes may be counted without rows, and how they are counted."""

from __future__ import annotations

import pytest

from lifecycle.counts.refusals import Key, TooManyNumbers, UnstoredCounts, is_limited
from lifecycle.verdict.causes import Cause, Verdict
from tests.factories import make_facts

#: The start of a minute.
NOON = 1_700_000_040
ROUTE, ORIGIN = "rejected_unmatched", "rejected_origin"


@pytest.mark.parametrize("cause", Cause)
def test_is_limited__by_cause(cause: Cause) -> None:
    limited = cause in {Cause.REJECTED_UNMATCHED, Cause.REJECTED_ORIGIN}
    assert is_limited(make_facts(), Verdict(cause, None)) == limited


@pytest.mark.parametrize(
    ("cause", "code", "limited"),
    [
        (Cause.REJECTED, 4401, True),
        (Cause.REJECTED, 4403, False),
        (Cause.REJECTED, None, False),
        (Cause.ABANDONED, 4401, False),
    ],
)
def test_is_limited__refusal_by_the_application_with_the_code_of_a_bad_token(
    cause: Cause, code: int | None, limited: bool
) -> None:
    assert is_limited(make_facts(sent_code=code), Verdict(cause, None)) == limited


def test_count__numbers_are_by_minute_endpoint_and_cause() -> None:
    counts = UnstoredCounts(limit=10)
    for endpoint, cause, at in [
        ("a", ROUTE, NOON), ("a", ROUTE, NOON + 59.9), ("b", ROUTE, NOON), ("a", ORIGIN, NOON),
        ("a", ROUTE, NOON + 60),
    ]:  # fmt: skip
        counts.count(endpoint, cause, at)
    assert counts.changed() == [
        (Key(NOON, "a", ROUTE), 2), (Key(NOON, "b", ROUTE), 1), (Key(NOON, "a", ORIGIN), 1),
        (Key(NOON + 60, "a", ROUTE), 1),
    ]  # fmt: skip
    assert counts.total == 5


def test_changed__has_only_numbers_that_are_not_in_the_spool() -> None:
    counts = UnstoredCounts(limit=10)
    counts.count("a", ROUTE, NOON)
    counts.appended(Key(NOON, "a", ROUTE))
    counts.count("b", ROUTE, NOON)
    assert counts.changed() == [(Key(NOON, "b", ROUTE), 1)]


def test_forget_past__keeps_the_current_minute_and_what_is_not_in_the_spool() -> None:
    counts = UnstoredCounts(limit=10)
    first, second, third = Key(NOON, "a", ROUTE), Key(NOON, "b", ROUTE), Key(NOON + 60, "a", ROUTE)
    for key in (first, second, third):
        counts.count(key.endpoint, key.cause, key.minute)
    for key in (first, third):
        counts.appended(key)
    counts.forget_past()
    assert list(counts.numbers) == [second, third]


def test_count__after_the_clock_was_set_back_has_its_own_number() -> None:
    counts = UnstoredCounts(limit=10)
    counts.count("a", ROUTE, NOON)
    counts.count("a", ROUTE, NOON + 60)
    for key, _ in counts.changed():
        counts.appended(key)
    counts.forget_past()
    counts.count("a", ROUTE, NOON + 1)
    assert counts.changed() == [(Key(NOON, "a", ROUTE, series=1), 1)]


def test_count__has_a_limited_number_of_keys() -> None:
    counts = UnstoredCounts(limit=2)
    for endpoint in ("a", "b"):
        counts.count(endpoint, ROUTE, NOON)
    with pytest.raises(TooManyNumbers):
        counts.count("c", ROUTE, NOON)
    counts.count("a", ROUTE, NOON)
    assert (len(counts.numbers), counts.total) == (2, 3)
