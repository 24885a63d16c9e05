"""No cell of a CSV file is a formula, whatever separator the spreadsheet expects."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.api.data.cells import cell, defused, lines

SEPARATORS = ",;|\t"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", " '=1"),
        ("\t=1", "\t'=1"),
        ("\rx", "'\rx"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0"),
        ('a,"=1', "a,\"'=1"),
        ("a\n=1", "a\n'=1"),
        ("/chat/a-b/", "/chat/a-b/"),
        ("Mozilla/5.0 (X11) Chrome/1", "Mozilla/5.0 (X11) Chrome/1"),
        ("", ""),
    ],
)
def test_defused__formulas_get_an_apostrophe(text: str, expected: str) -> None:
    assert defused(text) == expected


@given(st.lists(st.text(alphabet="=+-@ab;,|\t\r\n\"' ", max_size=12), min_size=1, max_size=4))
def test_lines__no_separator_makes_a_cell_a_formula(texts: list[str]) -> None:
    line = lines([texts]).decode()
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(line, newline=""), delimiter=separator)
        assert [found for row in rows for found in row if is_formula(found)] == []


def is_formula(found: str) -> bool:
    """Return whether a cell begins with a formula, after white space and quotes that some spreadsheets drop."""
    return found.lstrip(' \t\r\n"')[:1] in set("=+-@")


@given(st.lists(st.text(alphabet='ab;,\n" ', max_size=8), min_size=1, max_size=4))
def test_lines__harmless_texts_are_read_back_as_they_are(texts: list[str]) -> None:
    cells = [f"x{text}" for text in texts]
    [row] = csv.reader(io.StringIO(lines([cells]).decode(), newline=""))
    assert row == cells


def test_cell__writes_each_type() -> None:
    at = datetime(2026, 1, 31, 14, 0, 0, 5, tzinfo=UTC)
    values = [None, True, False, 1006, 1.5, at]
    assert lines([values]).decode() == ",yes,no,1006,1.5,2026-01-31T14:00:00.000005Z\r\n"
    assert cell("=") == "'="
