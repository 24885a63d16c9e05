"""The texts for close codes."""

from __future__ import annotations

import pytest

from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.code_texts import MEANINGS, describe


def test_meanings__every_named_code_has_a_meaning() -> None:
    assert set(MEANINGS) == {int(code) for code in CloseCode}


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_meanings__have_name_meaning_and_next_step(code: int) -> None:
    words = MEANINGS[code]
    assert words.name[0].islower() or words.name.startswith("TLS")
    assert words.meaning.endswith(".")
    assert words.next.endswith(".")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1000, "normal closure"),
        (1004, "reserved for the WebSocket protocol"),
        (2999, "reserved for the WebSocket protocol"),
        (3001, "registered with IANA by a library or framework"),
        (4001, "private: defined by the application"),
        (4400, "too many bad frames"),
        (4999, "private: defined by the application"),
        (999, "out of range"),
        (5000, "out of range"),
        (-1, "out of range"),
    ],
)
def test_describe__returns_the_name_of_the_code_or_of_its_range(code: int, name: str) -> None:
    assert describe(code).name == name
