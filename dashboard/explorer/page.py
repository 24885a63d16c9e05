"""What the explorer's page shows: from the parameters of an address to rows, counts and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from lifecycle.search.terms import Kind, terms
from lifecycle.verdict.causes import KNOWN_CAUSES, is_abnormal

from . import columns as table
from . import counts, form, labels, paging
from .filters import Filters, parse
from .query import search_for


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    filters: Filters
    columns: tuple[table.Column, ...] = table.DEFAULT
    cursor: paging.Cursor | None = None

    def address(self, filters: Filters | None = None, **others: str) -> str:
        """Return the query of this list with other filters, from its first page."""
        pairs = (self.filters if filters is None else filters).pairs()
        if self.columns != table.DEFAULT:
            pairs.append(("columns", ",".join(column.name for column in self.columns)))
        return "?" + urlencode([*pairs, *others.items()])

    @property
    def is_live(self) -> bool:
        """Return whether new connections appear in the list."""
        return self.cursor is None and self.filters.until is None


def asked(parameters: QueryDict, now: datetime) -> Asked:
    """Return what an address asks for. Raises ``BadFilter``."""
    names = [name.strip() for text in parameters.getlist("columns") for name in text.split(",")]
    others = [(name, text) for name, texts in parameters.lists() for text in texts]
    return Asked(
        parse([pair for pair in others if pair[0] not in ("columns", "cursor")], now),
        table.chosen(name for name in names if name),
        paging.parse(parameters.get("cursor", "")),
    )


def is_tidy(parameters: QueryDict) -> bool:
    """Return whether an address has no empty parameters, as a form sends them, and each one only once."""
    return all(len(texts) == 1 and texts[0].strip() for _name, texts in parameters.lists())


def rows_of(page: paging.Page, wanted: Asked, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of a page as plain data, for the template and for scripts."""
    return [{"id": str(row.pk), "cells": table.cells(row, wanted.columns, now)} for row in page.rows]


def context(wanted: Asked, now: datetime) -> dict[str, Any]:
    """Return the context of the template."""
    search = search_for(wanted.filters, now)
    page, counted = (
        paging.read_page(search, wanted.cursor, paging.PAGE_ROWS, paging.PAGE_SECONDS),
        counts.count(search),
    )
    return {
        **form_context(dict(wanted.filters.pairs()), wanted.columns, sorted(counted.endpoints)),
        "wanted": wanted,
        "chips": [
            (*chip, wanted.address(wanted.filters.changed(chip[0], None))) for chip in labels.chips(wanted.filters)
        ],
        "words_of_search": understood(wanted.filters),
        "rows": rows_of(page, wanted, now),
        "reached": page.reached,
        "older": wanted.address(cursor=str(page.older)) if page.older else "",
        "newer": wanted.address(cursor=str(page.newer)) if page.newer else "",
        "first": wanted.address() if wanted.cursor else "",
        "query": wanted.address(),
        "counts": counted,
        "groups": groups(wanted, counted),
    }


def form_context(
    values: Mapping[str, str], columns: tuple[table.Column, ...], endpoints: list[str]
) -> dict[str, Any]:
    """Return the part of the context that the form needs."""
    main, more = form.fields(values, endpoints)
    return {
        "main_fields": main,
        "more_fields": more,
        "more_is_open": any(known.value for known in more),
        "all_columns": [(column, column in columns) for column in table.COLUMNS],
    }


def understood(filters: Filters) -> list[tuple[str, Kind]]:
    """Return each word of the search with the kind that it is."""
    return [(word.text, word.kind) for word in terms(filters.q)] if filters.q else []


def groups(wanted: Asked, counted: counts.Counts) -> list[tuple[str, str, list[dict[str, Any]], int]]:
    """Return the lists of counts: filter, label, entries, and how many entries are left out."""
    lists = (("cause", counted.causes), ("code", counted.codes), ("endpoint", counted.endpoints))
    return [
        (name, str(labels.LABELS[name]), entries(wanted, name, numbers), max(len(numbers) - counts.LISTED, 0))
        for name, numbers in lists
        if numbers
    ]


def entries(wanted: Asked, name: str, numbers: Counter[str]) -> list[dict[str, Any]]:
    """Return the largest counts of a list, with links to their connections.

    A cause that only a newer release knows has no link, because it is no value of the filter.
    """
    return [
        {
            "value": value,
            "label": labels.value_label(name, value),
            "number": number,
            "abnormal": name == "cause" and is_abnormal(value),
            "href": link(wanted, name, value),
        }
        for value, number in numbers.most_common(counts.LISTED)
    ]


def link(wanted: Asked, name: str, value: str) -> str:
    """Return the query that narrows the list to one value; empty if the filter does not accept the value."""
    if name == "cause" and value not in KNOWN_CAUSES:
        return ""
    return wanted.address(wanted.filters.changed(name, value))
