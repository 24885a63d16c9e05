"""Close codes: names, meanings and ranges."""

from __future__ import annotations

import pytest

from lifecycle.verdict.close_codes import (
    LOCAL_ONLY,
    MEANINGS,
    PROTOCOL_FAILURES,
    CloseCode,
    describe,
    is_application,
    normalised,
    recordable,
)


def test_meanings__every_named_code_has_one() -> None:
    assert set(MEANINGS) == {int(code) for code in CloseCode}


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_meanings__say_what_it_is_and_what_to_do_next(code: int) -> None:
    name, meaning, following = MEANINGS[code]
    assert name[0].islower() or name.startswith("TLS")
    assert meaning.endswith(".")
    assert following.endswith(".")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1000, "normal closure"),
        (1004, "reserved for the WebSocket protocol"),
        (2999, "reserved for the WebSocket protocol"),
        (3001, "registered with IANA by a library or framework"),
        (4001, "private: the application's own"),
        (4400, "too many bad frames"),
        (4999, "private: the application's own"),
        (999, "out of range"),
        (5000, "out of range"),
        (-1, "out of range"),
    ],
)
def test_describe__knows_any_code_or_its_range(code: int, name: str) -> None:
    assert describe(code).name == name


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
