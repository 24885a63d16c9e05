"""The rules of RFC 6455 for close codes."""

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


@pytest.mark.parametrize(("code", "normal"), [(None, 1005), (1000, 1000), (1006, 1006), (4001, 4001)])
def test_normalised__no_code_is_1005(code: int | None, normal: int) -> None:
    assert normalised(code) == normal


@pytest.mark.parametrize(
    ("code", "expected"), [(2999, False), (3000, True), (4999, True), (5000, False), (1000, False)]
)
def test_is_application__from_3000_to_4999(code: int, expected: bool) -> None:
    assert is_application(code) is expected


def test_local_only__has_the_three_codes_of_rfc_6455() -> None:
    assert sorted(LOCAL_ONLY) == [1005, 1006, 1015]


def test_protocol_failures__match_the_contract() -> None:
    assert sorted(PROTOCOL_FAILURES) == [1002, 1003, 1007, 1009, 1010]


@pytest.mark.parametrize(
    ("code", "stored"),
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
def test_recordable__returns_only_integers_that_fit_the_column(code: object, stored: int | None) -> None:
    assert recordable(code) == stored
    assert type(recordable(code)) in (int, type(None))
