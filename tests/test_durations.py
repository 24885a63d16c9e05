"""Durations in Python. tests/js/durations.test.js runs the same table against the scripts' rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import translation

from lifecycle.durations import in_words, unit_texts

TABLE = json.loads((Path(__file__).parent / "durations.json").read_text())


@pytest.mark.parametrize(("seconds", "text"), TABLE["cases"])
def test_in_words__two_largest_units(seconds: float, text: str) -> None:
    assert in_words(seconds) == text


def test_in_words__decimal_sign_is_that_of_the_language() -> None:
    with translation.override("de"):
        assert in_words(3.27) == "3,2 s"


def test_unit_texts__each_has_a_place_for_the_number() -> None:
    assert [key for key, text in unit_texts().items() if "{n}" not in text] == []
