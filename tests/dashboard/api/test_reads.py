"""The answers with JSON: their shapes, filters, pages, errors and validators."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dashboard.api import schemas
from dashboard.api.data import columns
from dashboard.api.reads import PICTURE_SECONDS, Shown
from dashboard.explorer import filters
from lifecycle.csp import HEADER, POLICY
from lifecycle.models import ClientReport, Connection
from lifecycle.search import walk
from tests.factories import CHAT, connection, connection_row, process_row

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def rows(number: int, **columns: object) -> list[str]:
    """Save connections, three at a time; return their IDs, newest first."""
    now = timezone.now()
    made = [
        connection(endpoint=CHAT, opened_at=now - timedelta(seconds=60 + position // 3), **columns)
        for position in range(number)
    ]
    Connection.objects.bulk_create(made)
    return [str(row.id) for row in sorted(made, key=lambda row: (row.opened_at, row.id), reverse=True)]


def test_live__is_the_picture_of_the_page(with_token: Client) -> None:
    answer = with_token.get(f"{API}live")
    schemas.Live.model_validate_json(answer.content)
    assert answer.json()["type"] == "snapshot"
    assert "no-store" in answer["Cache-Control"]


def test_live__is_computed_once_for_pollers(with_token: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = with_token.get(f"{API}live").content
    monkeypatch.setattr("dashboard.live.picture.Live.picture", lambda self, *state: {})
    assert with_token.get(f"{API}live").content == first
    Shown.at -= PICTURE_SECONDS
    assert with_token.get(f"{API}live").content == b"{}"


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_connections__pages_equal_the_table(with_token: Client, limit: int) -> None:
    expected, seen, cursor = rows(20), [], ""
    while cursor is not None:
        page = with_token.get(f"{API}connections", {"limit": limit, "cursor": cursor}).json()
        assert len(page["rows"]) <= limit
        seen += [row["id"] for row in page["rows"]]
        cursor = page["next"]
    assert seen == expected


def test_connections__search_says_how_far_it_got_and_can_be_continued(
    with_token: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "FIRST_STEP", 2)
    monkeypatch.setattr("dashboard.api.reads.PAGE_SECONDS", 0)
    rows(20)
    oldest = connection_row(path="/needle/", opened_at=timezone.now() - timedelta(days=1))
    found, cursor, reached = [], "", []
    while cursor is not None:
        page = with_token.get(f"{API}connections", {"q": "needle", "cursor": cursor}).json()
        found += [row["id"] for row in page["rows"]]
        cursor = page["next"]
        reached.append(page["reached"])
    assert found == [str(oldest.id)]
    assert len(reached) > 5
    assert reached == [*sorted(reached[:-1], reverse=True), None]


def test_connections__rows_have_the_shape_of_the_schema(with_token: Client) -> None:
    process, user = process_row(release="1.2"), User.objects.create(username="anna")
    row = connection_row(process=process, user=user, client_ip="192.0.2.1", tab_id="t", cause="network_lost")
    answer = with_token.get(f"{API}connections")
    page = schemas.ConnectionPage.model_validate_json(answer.content)
    assert list(answer.json()["rows"][0]) == list(columns.NAMES)
    assert list(schemas.ConnectionRow.model_fields) == list(columns.NAMES)
    [found] = page.rows
    assert (str(found.id), found.process, found.release) == (str(row.id), "web-1:42", "1.2")
    assert (found.user, found.user_id, found.duration_s, found.abnormal) == ("anna", str(user.pk), 5.0, True)
    assert parse_datetime(answer.json()["rows"][0]["opened_at"]) == row.opened_at


def test_columns__are_all_columns_of_the_table() -> None:
    table = {field.attname for field in Connection._meta.concrete_fields}
    assert set(columns.STORED) == table


def test_connections__apply_the_filters(with_token: Client) -> None:
    lost = connection_row(cause="network_lost", close_code=1006, client_ip="192.0.2.7")
    connection_row(client_ip="192.0.2.8")
    for query in ("cause=network_lost", "abnormal=yes", "code=1006", "ip=192.0.2.7", "ip=192.0.2.7/32&since=1h"):
        found = with_token.get(f"{API}connections?{query}").json()["rows"]
        assert [row["id"] for row in found] == [str(lost.id)], query


@pytest.mark.parametrize("address", ["connections", "connections.csv", "connections.ndjson"])
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("colour=red", "colour"),
        ("since=yesterday", "since"),
        ("cause=a&cause=b", "cause"),
        ("state=gone", "state"),
        ("ip=nonsense", "ip"),
        ("since=1h&until=2h", "until"),
        ("min_duration=x", "min_duration"),
    ],
)
def test_filters__bad_ones_are_answered_with_a_sentence(
    with_token: Client, address: str, query: str, named: str
) -> None:
    answer = with_token.get(f"{API}{address}?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert named in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "named"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"),
     ("limit=5&limit=6", "limit"), ("cursor=bjEuMDA", "cursor")],
)  # fmt: skip
def test_connections__bad_limit_or_cursor_is_answered_with_a_sentence(
    with_token: Client, query: str, named: str
) -> None:
    answer = with_token.get(f"{API}connections?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert named in answer.json()["detail"]


def test_connection__has_its_reports_timeline_and_neighbours(with_token: Client) -> None:
    now = timezone.now()
    first = connection_row(tab_id="tab", opened_at=now - timedelta(seconds=60))
    second = connection_row(tab_id="tab", opened_at=now - timedelta(seconds=40), previous_id=first.id)
    third = connection_row(tab_id="tab", opened_at=now - timedelta(seconds=20))
    ClientReport.objects.create(
        id=uuid4(), connection=second, at=now, kind="hello", page="/", previous_id=first.id
    )
    answer = with_token.get(f"{API}connections/{second.id}")
    detail = schemas.ConnectionDetail.model_validate_json(answer.content)
    found = [row and str(row.id) for row in (detail.before, detail.connection, detail.after)]
    assert found == [str(first.id), str(second.id), str(third.id)]
    assert [report.kind for report in detail.reports] == ["hello"]
    assert detail.timeline[0].kind == "handshake"
    assert detail.reports_left_out is False


def test_connection__first_and_last_of_a_tab(with_token: Client) -> None:
    now = timezone.now()
    first = connection_row(tab_id="tab", opened_at=now - timedelta(seconds=60))
    last = connection_row(tab_id="tab", opened_at=now, previous_id=first.id)
    detail = with_token.get(f"{API}connections/{first.id}").json()
    assert (detail["before"], detail["after"]["id"]) == (None, str(last.id))
    assert str(last.id) in {step["connection_id"] for step in detail["timeline"]}
    detail = with_token.get(f"{API}connections/{last.id}").json()
    assert (detail["before"]["id"], detail["after"]) == (str(first.id), None)


@pytest.mark.parametrize("name", [str(UUID(int=1)), "nonsense", "../live", ""])
def test_connection__missing_one_is_answered_with_404(with_token: Client, name: str) -> None:
    answer = with_token.get(f"{API}connections/{name}")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("address", ["history?since=2h&until=1h", "connections/{}"])
def test_etag__poller_downloads_nothing_twice(with_token: Client, address: str) -> None:
    row = connection_row(opened_at=timezone.now() - timedelta(seconds=4000))
    url = API + address.format(row.id)
    first = with_token.get(url)
    again = with_token.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert "no-cache" in first["Cache-Control"]


def test_etag__changes_with_the_row(with_token: Client) -> None:
    row = connection_row()
    url = f"{API}connections/{row.id}"
    first = with_token.get(url)["ETag"]
    Connection.objects.update(rtt_ms=12.5)
    assert with_token.get(url, headers={"If-None-Match": first}).status_code == 200


def test_etag__is_no_way_around_the_access(with_token: Client) -> None:
    row = connection_row()
    tag = with_token.get(f"{API}connections/{row.id}")["ETag"]
    assert Client().get(f"{API}connections/{row.id}", headers={"If-None-Match": tag}).status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["live", "history", "connections", "connections.csv"])
def test_methods__others_are_refused_in_json(with_token: Client, address: str, method: str) -> None:
    answer = getattr(with_token, method)(f"{API}{address}")
    assert (answer.status_code, answer.json()["error"], answer["Allow"]) == (405, "method_not_allowed", "GET")
    assert "GET" in answer.json()["detail"]


def test_methods__missing_csrf_token_is_not_the_complaint(operator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert client.post(f"{API}live").status_code == 405


def test_errors__unknown_address_is_answered_in_json() -> None:
    answer = Client().get(f"{API}nonsense/else")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_errors__failure_is_answered_in_json_and_logged(
    with_token: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dashboard.api.data.rows.read_part", lambda *args: 1 / 0)
    answer = with_token.get(f"{API}connections")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal")
    assert "division" not in json.dumps(answer.json())
    assert "ZeroDivisionError" in caplog.text


def test_docs__follow_the_strict_policy_and_name_no_other_host(with_token: Client) -> None:
    answer = with_token.get(API)
    assert answer[HEADER] == POLICY
    assert "ninja/swagger.html" in [template.name for template in answer.templates]
    assert b"//" not in answer.content.replace(b"//testserver", b"")


def test_docs__load_nothing_from_other_hosts_if_their_files_are_not_installed(
    with_token: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.api.service.apps.is_installed", lambda name: name != "ninja")
    answer = with_token.get(API)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert "INSTALLED_APPS" in answer.json()["detail"]


def test_schema__documents_every_address_and_its_refusals(with_token: Client) -> None:
    schema = with_token.get(f"{API}openapi.json").json()
    names = {"live", "history", "connections", "connections.csv", "connections.ndjson", "connections/{id}"}
    assert set(schema["paths"]) == {API + name for name in names}
    for methods in schema["paths"].values():
        assert set(methods["get"]["responses"]) == {"200", "400", "401", "403", "404", "405", "429", "500"}
        assert methods["get"]["security"] == [{"BearerToken": []}, {"Session": []}]


def test_schema__documents_every_filter(with_token: Client) -> None:
    paths = with_token.get(f"{API}openapi.json").json()["paths"]
    for name in ("connections", "connections.csv", "connections.ndjson"):
        parameters = {each["name"]: each["description"] for each in paths[API + name]["get"]["parameters"]}
        assert {*filters.NAMES} == parameters.keys() - {"limit", "cursor"}
        assert all(len(parameters[each]) > 5 for each in filters.NAMES)
