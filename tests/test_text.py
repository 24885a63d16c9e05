"""Tests of the texts of clients, as they are stored and displayed."""

from __future__ import annotations

import unicodedata

import pytest

from lifecycle.text import visible

#: The bidirectional control characters of Unicode, found by their class.
CONTROLS = [
    chr(number)
    for number in range(0x110000)
    if unicodedata.bidirectional(chr(number)) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
]
MARKS = ["\u061c", "\u200e", "\u200f"]


@pytest.mark.parametrize("control", [*CONTROLS, *MARKS], ids=lambda control: f"U+{ord(control):04X}")
def test_visible__shows_controls_of_direction(control: str) -> None:
    assert visible(f"a{control}b") == f"a[U+{ord(control):04X}]b"


@pytest.mark.parametrize(
    "text", ["", "timeout", "\u05e9\u05dc\u05d5\u05dd", "\u0633\u0644\u0627\u0645", "e\u0301 \u200d \u2028"]
)
def test_visible__keeps_other_texts(text: str) -> None:
    assert visible(text) == text
