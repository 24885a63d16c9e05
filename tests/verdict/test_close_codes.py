"""Close codes: the rules of RFC 6455 for them."""

from __future__ import annotations

import pytest

from lifecycle.verdict.close_codes import (
    LOCAL_ONLY,
    PROTOCOL_FAILURES,
    CloseCode,
    is_application,
    normalised,
    recordable,
)


@pytest.mark.parametrize(("code", "counted"), [(None, 1005), (1000, 1000), (1006, 1006), (4001, 4001)])
def test_normalised__no_code_is_1005(code: int | None, counted: int) -> None:
    assert normalised(code) == counted


@pytest.mark.parametrize(
    ("code", "own"), [(2999, False), (3000, True), (4999, True), (5000, False), (1000, False)]
)
def test_is_application__from_3000_to_4999(code: int, own: bool) -> None:
    assert is_application(code) is own


def test_local_only__are_the_three_of_rfc_6455() -> None:
    assert sorted(LOCAL_ONLY) == [1005, 1006, 1015]


def test_protocol_failures__are_those_of_the_contract() -> None:
    assert sorted(PROTOCOL_FAILURES) == [1002, 1003, 1007, 1009, 1010]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (4000, 4000),
        (CloseCode.GOING_AWAY, 1001),
        (True, 1),
        (None, None),
        ("4000", None),
        (1e3, None),
        (2**64, None),
    ],
)
def test_recordable__is_an_integer_that_every_database_keeps(given: object, kept: int | None) -> None:
    assert recordable(given) == kept
    assert type(recordable(given)) in (int, type(None))
