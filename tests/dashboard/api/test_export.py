"""The exports: all rows, in parts, a limited number at a time."""

from __future__ import annotations

import csv
import gc
import io
import json
from datetime import timedelta

import pytest
from django.test import AsyncClient, Client, RequestFactory
from django.utils import timezone

from dashboard.api import export, schemas
from dashboard.api.data import columns
from lifecycle.models import Connection
from tests.factories import CHAT, connection, connection_row

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read three rows at a time."""
    monkeypatch.setattr(export, "PART_ROWS", 3)


@pytest.fixture
def ids(db: None) -> list[str]:
    """Save connections; return their IDs, newest first."""
    now = timezone.now()
    made = [connection(endpoint=CHAT, opened_at=now - timedelta(seconds=number // 2)) for number in range(20)]
    Connection.objects.bulk_create(made)
    return [str(row.id) for row in sorted(made, key=lambda row: (row.opened_at, row.id), reverse=True)]


def test_csv__has_every_row_and_a_header(ids: list[str], with_token: Client) -> None:
    answer = with_token.get(f"{API}connections.csv")
    found = list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="connections-' in answer["Content-Disposition"]
    assert list(found[0]) == list(columns.NAMES)
    assert [row["id"] for row in found] == ids


def test_ndjson__has_every_row_in_the_shape_of_the_schema(ids: list[str], with_token: Client) -> None:
    lines = b"".join(with_token.get(f"{API}connections.ndjson")).splitlines()
    for line in lines:
        schemas.ConnectionRow.model_validate_json(line)
    assert [json.loads(line)["id"] for line in lines] == ids
    page = with_token.get(f"{API}connections", {"limit": 1000}).json()
    assert [json.loads(line) for line in lines] == page["rows"]


def test_csv__defuses_formulas_in_every_text_that_clients_choose(with_token: Client) -> None:
    formula = "=HYPERLINK(1)"
    chosen = ("path", "user_agent", "origin", "subprotocol", "close_reason", "tab_id")
    connection_row(**dict.fromkeys(chosen, formula))
    [row] = csv.DictReader(io.StringIO(b"".join(with_token.get(f"{API}connections.csv")).decode(), newline=""))
    assert {row[name] for name in chosen} == {f"'{formula}"}
    [line] = b"".join(with_token.get(f"{API}connections.ndjson")).splitlines()
    assert {json.loads(line)[name] for name in chosen} == {formula}


def test_export__applies_the_filters(ids: list[str], with_token: Client) -> None:
    lost = connection_row(cause="network_lost", opened_at=timezone.now() - timedelta(days=1))
    lines = b"".join(with_token.get(f"{API}connections.ndjson?cause=network_lost")).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(lost.id)]


def test_export__without_rows_is_a_header_or_nothing(with_token: Client) -> None:
    assert b"".join(with_token.get(f"{API}connections.csv")).decode().strip() == ",".join(columns.NAMES)
    assert b"".join(with_token.get(f"{API}connections.ndjson")) == b""


def test_export__reads_no_more_than_was_asked_for(ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read_part = export.read_part
    monkeypatch.setattr(export, "read_part", lambda *args: reads.append(args) or read_part(*args))
    answer = export.exported(RequestFactory().get("/"), export.as_ndjson, "text/plain", "x")
    next(iter(answer))
    assert len(reads) == 1


def test_export__a_third_one_must_wait(with_token: Client) -> None:
    running = [with_token.get(f"{API}connections.csv") for _ in range(export.AT_ONCE)]
    refused = with_token.get(f"{API}connections.csv")
    assert (refused.status_code, refused.json()["error"], refused["Retry-After"]) == (
        429,
        "too_many_requests",
        "10",
    )
    for answer in running:
        # After its end, the client closes the response.
        b"".join(answer)
    assert with_token.get(f"{API}connections.csv").status_code == 200


def test_export__that_nobody_reads_frees_its_place(with_token: Client) -> None:
    for _ in range(export.AT_ONCE + 1):
        answer = with_token.get(f"{API}connections.csv")
        assert answer.status_code == 200
        del answer
        gc.collect()


def test_export__bad_filter_takes_no_place(with_token: Client) -> None:
    for _ in range(export.AT_ONCE + 1):
        assert with_token.get(f"{API}connections.csv?state=x").status_code == 400
    assert with_token.get(f"{API}connections.csv").status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_export__is_asynchronous_under_asgi(ids: list[str], token: str) -> None:
    answer = await AsyncClient().get(f"{API}connections.ndjson", headers={"Authorization": f"Bearer {token}"})
    assert answer.is_async
    lines = b"".join([part async for part in answer]).splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
