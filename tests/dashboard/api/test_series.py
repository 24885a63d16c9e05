"""The history of the API: its series by each dimension, and its window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from dashboard.api import schemas
from tests.factories import CHAT, connection_row, process_row

pytestmark = pytest.mark.django_db
HISTORY = "/api/v1/history"
NOW = datetime.now(UTC).replace(microsecond=0)
QUERY = {"since": (NOW - timedelta(minutes=10)).isoformat(), "until": (NOW + timedelta(minutes=1)).isoformat()}


@pytest.fixture
def connections(db: None) -> None:
    """Save connections of two processes: one lost, one open, one refused, and one of before the window."""
    blue, red = process_row(host="web-1", pid=1, release="1.0"), process_row(host="web-2", pid=2)
    at = NOW - timedelta(minutes=5)
    typical: dict[str, Any] = {"endpoint": CHAT, "opened_at": at}
    is_open = {"state": "open", "closed_at": None, "close_code": None, "cause": ""}
    connection_row(process=blue, cause="network_lost", close_code=1006, **typical)
    connection_row(process=red, **is_open, **typical)
    connection_row(
        process=red,
        state="rejected",
        accepted_at=None,
        close_code=None,
        sent_code=4401,
        cause="rejected",
        **typical,
    )
    connection_row(**is_open, endpoint="ws/old/", opened_at=at - timedelta(hours=1))


def totals(client: Client, by: str) -> dict[str, dict[str, int]]:
    """Return the sum of each series, and the last number of open connections."""
    answer = client.get(HISTORY, {**QUERY, "by": by})
    assert answer.status_code == 200, answer.content
    schemas.History.model_validate_json(answer.content)
    found = answer.json()
    assert {len(numbers) for group in found["series"].values() for numbers in group.values()} <= {
        len(found["times"])
    }
    return {
        kind: {name: numbers[-1] if kind == "open" else sum(numbers) for name, numbers in group.items()}
        for kind, group in found["series"].items()
    }


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("endpoint", {"opened": {CHAT: 2}, "closed": {CHAT: 1}, "refused": {CHAT: 1},
                      "open": {CHAT: 1, "ws/old/": 1}}),
        ("process", {"opened": {"web-1:1": 1, "web-2:2": 1}, "closed": {"web-1:1": 1}, "refused": {"web-2:2": 1},
                     "open": {"unknown": 1, "web-1:1": 0, "web-2:2": 1}}),
        ("release", {"opened": {"1.0": 1, "unknown": 1}, "closed": {"1.0": 1}, "refused": {"unknown": 1},
                     "open": {"1.0": 0, "unknown": 2}}),
        ("cause", {"opened": {}, "closed": {"network_lost": 1}, "refused": {"rejected": 1}, "open": {}}),
        ("code", {"opened": {}, "closed": {"1006": 1}, "refused": {"4401": 1}, "open": {}}),
    ],
)  # fmt: skip
def test_history__counts_by_each_dimension(with_token: Client, by: str, expected: dict[str, Any]) -> None:
    assert totals(with_token, by) == expected


def test_history__names_a_process_without_a_row_by_its_id(with_token: Client) -> None:
    gone = UUID(int=7)
    connection_row(process_id=gone, endpoint=CHAT, opened_at=NOW - timedelta(minutes=5))
    assert totals(with_token, "process")["opened"] == {str(gone): 1}


def test_history__default_is_the_last_hour_by_endpoint(with_token: Client) -> None:
    found = with_token.get(HISTORY).json()
    assert found["to"] - found["from"] == pytest.approx(3600, abs=2 * found["step_s"])
    assert found["times"][0] == found["from"]
    assert found["times"][1] - found["times"][0] == found["step_s"]


@pytest.mark.parametrize(
    "query",
    ["since=x", "until=x", "since=1h&until=2h", "since=2999-01-01", "since=20000d", "by=colour", "range=1h",
     "since=1h&since=2h"],
)  # fmt: skip
def test_history__bad_parameters_are_answered_with_a_sentence(with_token: Client, query: str) -> None:
    answer = with_token.get(f"{HISTORY}?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert len(answer.json()["detail"]) > 20


def test_history__is_computed_once_for_pollers(with_token: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with_token.get(HISTORY, QUERY)
    monkeypatch.setattr("dashboard.api.data.series.read", lambda *args: pytest.fail("computed again"))
    assert with_token.get(HISTORY, QUERY).status_code == 200
