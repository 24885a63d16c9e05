"""Durations in Python. tests/js/durations.test.js tests the browser's version with the same table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import translation

from lifecycle.durations import age, in_words, unit_texts

TABLE = json.loads((Path(__file__).parent / "durations.json").read_text())


@pytest.mark.parametrize(("seconds", "text"), TABLE["cases"])
def test_in_words__two_largest_units(seconds: float, text: str) -> None:
    assert in_words(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), TABLE["ages"])
def test_age__has_no_fractions(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_in_words__uses_the_decimal_separator_of_the_language() -> None:
    with translation.override("de"):
        assert in_words(3.27) == "3,2 s"


def test_unit_texts__contain_the_placeholder() -> None:
    assert [key for key, text in unit_texts().items() if "{n}" not in text] == []
