"""Filters are read from an address and written back; mistakes are answered with a sentence."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from dashboard.explorer.filters import NAMES, BadFilter, Filters, parse

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
UUID_TEXT = "01990000-0000-7000-8000-00000000abcd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15m", NOW - timedelta(minutes=15)),
        ("6h", NOW - timedelta(hours=6)),
        ("7d", NOW - timedelta(days=7)),
        ("1.5h", NOW - timedelta(minutes=90)),
        ("1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("1767225600.5", datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T10:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01 10:00:30", datetime(2026, 1, 1, 10, 0, 30, tzinfo=UTC)),
        ("2026-01-01T10:00:00.25Z", datetime(2026, 1, 1, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-01-01T10:00+02:00", datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ("2026-01-01T10:00 02:00", datetime(2026, 1, 1, 8, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("name", ["since", "until"])
def test_times__are_read_in_each_form(name: str, text: str, expected: datetime) -> None:
    since, until = parse([(name, text)], NOW).times(NOW)
    assert {"since": since, "until": until}[name] == expected


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("state", "OPEN", "open"),
        ("endpoint", "ws/chat/<str:room>/", "ws/chat/<str:room>/"),
        ("cause", "network_lost", "network_lost"),
        ("abnormal", "yes", True),
        ("abnormal", "0", False),
        ("code", "1006", "1006"),
        ("code", "none", "none"),
        ("initiator", "client", "client"),
        ("process", UUID_TEXT.upper(), UUID_TEXT),
        ("process", "web-1:42", "web-1:42"),
        ("release", "2026.1", "2026.1"),
        ("user", "anna", "anna"),
        ("ip", "2001:DB8:0:0::7", "2001:db8::7"),
        ("ip", "203.0.113.9/24", "203.0.113.0/24"),
        ("ip", "203.0.", "203.0.0.0/16"),
        ("browser", "Firefox", "firefox"),
        ("os", "windows", "windows"),
        ("tab", "t-1", "t-1"),
        ("exception", "builtins.ValueError", "builtins.ValueError"),
        ("min_duration", "90", 90.0),
        ("min_duration", "1.5s", 1.5),
        ("max_duration", "250ms", 0.25),
        ("max_duration", "2h", 7200.0),
        ("q", "lobby anna", "lobby anna"),
    ],
)
def test_values__are_read_in_their_usual_form(name: str, text: str, value: object) -> None:
    assert getattr(parse([(name, f" {text} ")], NOW), name) == value


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("colour", "red")], ["colour", "since, until"]),
        ([("state", "shut")], ["state", "shut", "open, closed, rejected"]),
        ([("state", "open"), ("state", "closed")], ["state", "once"]),
        ([("since", "yesterday")], ["since", "ISO 8601"]),
        ([("since", "2026-02-30")], ["since", "ISO 8601"]),
        ([("since", "999999999999d")], ["since", "ISO 8601"]),
        ([("until", "15 fortnights")], ["until", "15m"]),
        ([("since", "1h"), ("until", "2h")], ["since", "until", "earlier"]),
        ([("cause", "bad_luck")], ["cause", "network_lost"]),
        ([("abnormal", "maybe")], ["abnormal", "yes or no"]),
        ([("code", "99999")], ["code", "1006"]),
        ([("code", "-1")], ["code", "1006"]),
        ([("code", "\u0661\u0660")], ["code", "1006"]),
        ([("initiator", "god")], ["initiator", "client"]),
        ([("process", "web-1")], ["process", "web-1:4242"]),
        ([("ip", "300.1.1.1")], ["ip", "203.0.113.0/24"]),
        ([("browser", "mosaic")], ["browser", "firefox"]),
        ([("os", "beos")], ["os", "linux"]),
        ([("tab", "x" * 65)], ["tab", "64"]),
        ([("q", "a\x00b")], ["q", "printable"]),
        ([("min_duration", "long")], ["min_duration", "1.5s"]),
        ([("min_duration", "2m"), ("max_duration", "1m")], ["min_duration", "max_duration", "exchange"]),
    ],
)
def test_mistakes__raise_a_sentence_that_names_the_remedy(pairs: list[tuple[str, str]], words: list[str]) -> None:
    with pytest.raises(BadFilter) as raised:
        parse(pairs, NOW)
    assert [word for word in words if word not in str(raised.value)] == []
    assert str(raised.value).endswith(".")


def test_filters__are_those_of_the_contract() -> None:
    contract = (
        "since until state endpoint cause abnormal code initiator process release user ip browser os tab "
        "exception min_duration max_duration q"
    )
    assert list(NAMES) == contract.split() == [field.name for field in fields(Filters)]


def test_query__reads_back_as_the_same_filters() -> None:
    filters = Filters(
        since="15m",
        endpoint="ws/a b/?&=+",
        abnormal=False,
        min_duration=1234567.0,
        max_duration=1e7 + 0.25,
        q="ä ö",
    )
    assert parse(parse_qsl(filters.query(limit="")[: -len("&limit=")]), NOW) == filters


def test_empty_parameters__set_no_filter() -> None:
    assert parse([("state", ""), ("q", "  ")], NOW) == Filters()


def test_without__removes_one_filter() -> None:
    assert Filters(state="open", q="x").without("state") == Filters(q="x")
