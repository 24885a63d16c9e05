"""Turns rows into lines of CSV whose cells no spreadsheet executes. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

#: What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), at the start of a cell or after
#: a separator: with another separator than the comma, a spreadsheet starts a new cell there. In a few languages,
#: spreadsheets accept the full-width forms, too.
FORMULA = re.compile(r"""(^|[,;|\t\r\n])([\s"']*)(?=[=+\-@\uff0b\uff0d\uff1d\uff20])|^(?=[\t\r\n])""")


@lru_cache(maxsize=4096)
def defused(text: str) -> str:
    """Return a text with an apostrophe before each beginning of a formula. Texts repeat, so it is cached."""
    return FORMULA.sub(r"\1\2'", text)


def cell(value: Any) -> Any:  # noqa: ANN401 - any column
    """Return a value as a cell: empty for null, ``yes`` or ``no``, times in UTC as ISO 8601."""
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value


def lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as lines of CSV (RFC 4180) in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()
