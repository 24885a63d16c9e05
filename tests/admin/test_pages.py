"""Tests of the admin pages: permissions, search, filters, pagination without a full count, and timelines."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lifecycle.admin import paging, search
from lifecycle.admin.filters import known_endpoints
from lifecycle.models import ClientReport, Connection, ServerProcess
from lifecycle.search import walk
from lifecycle.verdict.facts import new_id
from tests.factories import connection_row, process_row

pytestmark = pytest.mark.django_db
CONNECTIONS = "/admin/lifecycle/connection/"
PROCESSES = "/admin/lifecycle/serverprocess/"
Add = Callable[..., Connection]


@pytest.fixture
def process() -> ServerProcess:
    """Return the row of a running server process."""
    return process_row(host="web1", pid=4242, server="daphne 4.2.3")


@pytest.fixture
def add(process: ServerProcess) -> Add:
    """Return a function that saves a connection of the process."""
    return partial(connection_row, process=process)


def listed(client: Client, **parameters: object) -> set[str]:
    """Return the IDs of the connections that the list shows."""
    response = client.get(CONNECTIONS, parameters)
    assert response.status_code == 200
    return set(re.findall(r"/connection/([0-9a-f-]{36})/change/", text_of(response)))


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def ids(*connections: Connection) -> set[str]:
    return {str(connection.id) for connection in connections}


def url_of(connection: Connection) -> str:
    return f"{CONNECTIONS}{connection.id}/change/"


def test_list__shows_cause_code_and_address(admin_client: Client, add: Add) -> None:
    add(cause="network_lost", close_code=1006, client_ip="203.0.113.7")
    text = text_of(admin_client.get(CONNECTIONS))
    for words in ("connection lost", "1006", "network", "5.0 s", "203.0.113.7"):
        assert words in text


@pytest.mark.parametrize("page", [CONNECTIONS, PROCESSES])
def test_pages__require_the_view_permission(client: Client, page: str) -> None:
    user = User.objects.create_user("bob", is_staff=True)
    client.force_login(user)
    assert client.get(page).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_connection", "view_serverprocess"]))
    assert client.get(page).status_code == 200


def test_connection__is_read_only(admin_client: Client, add: Add) -> None:
    connection = add()
    assert admin_client.get(f"{CONNECTIONS}add/").status_code == 403
    assert admin_client.post(url_of(connection), {"endpoint": "x"}).status_code == 403
    assert admin_client.post(f"{CONNECTIONS}{connection.id}/delete/", {"post": "yes"}).status_code == 403
    connection.refresh_from_db()
    assert connection.endpoint == "ws/status/"


@pytest.mark.parametrize(
    "search",
    [
        "01990000-0000-7000-8000-00000000abcd",
        "0199000000007000800000000000abcd",
        "01990000-0000",
        "00000000abcd",
        "ws/chat",
        "LOBBY",
        "alice",
        "ali",
        "203.0.113.7",
        "203.0.",
        "tab-1",
        "alice lobby",
    ],
)
def test_search__finds_by(admin_client: Client, add: Add, search: str) -> None:
    expected = add(
        id=UUID("01990000-0000-7000-8000-00000000abcd"),
        endpoint="ws/chat/<str:room>/",
        path="/ws/chat/lobby/",
        user=User.objects.create_user("alice"),
        client_ip="203.0.113.7",
        tab_id="tab-1",
    )
    add(client_ip="198.51.100.1", tab_id="tab-2")
    assert listed(admin_client, q=search) == ids(expected)


def test_search__finds_ipv6_in_any_notation(admin_client: Client, add: Add) -> None:
    expected = add(client_ip="2001:db8::7")
    assert listed(admin_client, q="2001:0DB8:0:0:0:0:0:7") == listed(admin_client, q="2001:db8:") == ids(expected)


@pytest.mark.parametrize(
    "search", ["zzz", "0" * 33, "-" * 36, "%", "'", "1.2.3.4.5", "::::", "deadbeef", "\u200b"]
)
def test_search__without_a_match_returns_nothing(admin_client: Client, add: Add, search: str) -> None:
    add()
    assert listed(admin_client, q=search) == set()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("cause", "network_lost"),
        ("cause", "abnormal"),
        ("close_code", "1006"),
        ("endpoint", "ws/chat/"),
        ("state__exact", "open"),
    ],
)
def test_filter__by_column(admin_client: Client, add: Add, parameter: str, value: str) -> None:
    expected = add(endpoint="ws/chat/", cause="network_lost", close_code=1006, state="open")
    add()
    assert listed(admin_client, **{parameter: value}) == ids(expected)


def test_filter__by_process(admin_client: Client, add: Add, process: ServerProcess) -> None:
    expected = add()
    add(process=None)
    assert listed(admin_client, process=process.pk) == ids(expected)


def test_filter__by_time(admin_client: Client, add: Add) -> None:
    recent = add(opened_at=timezone.now() - timedelta(minutes=10))
    old = add(opened_at=timezone.now() - timedelta(minutes=50))
    assert listed(admin_client, within="15m") == ids(recent)
    assert listed(admin_client, within="1h") == ids(recent, old)


@pytest.mark.parametrize(("parameter", "value"), [("close_code", "x"), ("process", "x"), ("within", "x")])
def test_filter__invalid_value_redirects_to_the_list(
    admin_client: Client, add: Add, parameter: str, value: str
) -> None:
    add()
    response = admin_client.get(CONNECTIONS, {parameter: value})
    assert response.status_code == 302
    assert response["Location"].endswith("?e=1")


def test_filter__offers_recorded_values(admin_client: Client, add: Add) -> None:
    add(endpoint="ws/chat/", close_code=4777)
    text = text_of(admin_client.get(CONNECTIONS))
    for choice in ("?endpoint=ws%2Fchat%2F", "?close_code=4777", "?close_code=1006", "web1:4242"):
        assert choice in text


def test_known_endpoints__are_distinct_and_limited(add: Add) -> None:
    for name, state in [("b", "closed"), ("a", "open"), ("a", "closed"), ("c", "rejected"), ("a", "closed")]:
        add(endpoint=name, state=state)
    assert known_endpoints(10) == ["a", "b", "c"]
    assert len(known_endpoints(2)) == 2


def test_list__never_reads_or_counts_the_whole_table(
    admin_client: Client, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_LIMIT", 3)
    for _number in range(5):
        add()
    with CaptureQueriesContext(database) as queries:
        text = text_of(admin_client.get(CONNECTIONS))
    statements = [query["sql"] for query in queries if "lifecycle_connection" in query["sql"]]
    assert statements
    assert all("LIMIT" in sql or "DISTINCT" in sql for sql in statements if "COUNT" in sql)
    assert not any("DISTINCT" in sql for sql in statements)
    assert "Only the first 3 are listed" in text


@pytest.mark.skipif(database.vendor != "sqlite", reason="other databases choose the query plan by the row count")
def test_list__is_read_from_an_index(add: Add) -> None:
    add()
    rows = Connection.objects.order_by("-opened_at", "-pk")[:50]
    assert "lifecycle_opened" in rows.explain()
    endpoints = (
        Connection.objects.filter(state="open", endpoint__gt="a").order_by("endpoint").values("endpoint")[:1]
    )
    assert "lifecycle_state" in endpoints.explain()


def test_list__number_of_queries_does_not_depend_on_rows(admin_client: Client, add: Add) -> None:
    def count() -> int:
        with CaptureQueriesContext(database) as queries:
            admin_client.get(CONNECTIONS)
        return len(queries)

    alice = User.objects.create_user("alice")
    add(user=alice)
    with_one_row = count()
    for _number in range(10):
        add(user=alice)
    assert count() == with_one_row


@pytest.mark.parametrize("order", ["2", "-3", "9.8", "x", "2.1"])
def test_list__is_sorted_only_by_time_also_if_another_order_is_typed(
    admin_client: Client, add: Add, order: str
) -> None:
    add()
    with CaptureQueriesContext(database) as queries:
        assert admin_client.get(CONNECTIONS, {"o": order}).status_code == 200
    pages = [query["sql"] for query in queries if 'LEFT OUTER JOIN "lifecycle_serverprocess"' in query["sql"]]
    assert {re.findall(r'ORDER BY "\w+"."(\w+)"', page)[0] for page in pages} == {"opened_at"}


def test_search__out_of_time_says_how_far_it_got(
    admin_client: Client, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SECONDS", 0)
    monkeypatch.setattr(walk, "FIRST_STEP", 1)
    now = timezone.now()
    rows = [add(opened_at=now - timedelta(hours=hours), path=f"/{hours}/") for hours in range(4)]
    text = text_of(admin_client.get(CONNECTIONS, {"q": "/3/"}))
    assert f"looked back to {rows[1].opened_at:%Y-%m-%d %H:%M:%S} so far" in text


def test_connection__page_shows_explanation_and_timeline(admin_client: Client, add: Add) -> None:
    at = timezone.now()
    previous = add(tab_id="t", opened_at=at - timedelta(minutes=1))
    middle = add(tab_id="t", opened_at=at, previous_id=previous.id, cause="server_application",
                 close_code=4002, sent_code=4002, sent_reason="moved")  # fmt: skip
    successor = add(tab_id="t", opened_at=at + timedelta(seconds=9), previous_id=middle.id)
    ClientReport.objects.create(id=new_id(), connection=middle, at=at, kind="status", state="hidden")
    text = text_of(admin_client.get(url_of(middle)))
    for words in (
        "Application closed with its own code",
        "ended by: server",
        "Look up the code and the reason",
        "The application sends close 4002",
        "The page reports: hidden",
        "web1:4242",
        url_of(previous),
        url_of(successor),
    ):
        assert words in text


def test_connection__shows_no_counts_while_open(admin_client: Client, add: Add) -> None:
    connection = add(state="open", closed_at=None, close_code=None, cause="")
    text = text_of(admin_client.get(url_of(connection)))
    assert "Still open" in text
    assert "recorded when the connection ends" in text
    assert "0 received" not in text


def test_connection__process_and_user_may_be_missing(admin_client: Client, add: Add) -> None:
    connection = add(process_id=new_id())
    text = text_of(admin_client.get(url_of(connection)))
    assert "not in the database" in text
    assert "not signed in" in text


def test_connection__text_from_clients_is_escaped(admin_client: Client, add: Add) -> None:
    script = "<script>alert(1)</script>"
    connection = add(
        path=script, user_agent=script, origin=script, tab_id=script, sent_code=4000, sent_reason=script
    )
    assert script not in text_of(admin_client.get(url_of(connection)))
    assert script not in text_of(admin_client.get(CONNECTIONS))


def test_connection__page_lists_only_the_latest_reports(admin_client: Client, add: Add) -> None:
    connection = add()
    columns = {"connection": connection, "at": timezone.now(), "kind": "status", "state": "hidden"}
    reports = [ClientReport(id=new_id(), **columns) for _number in range(201)]
    ClientReport.objects.bulk_create(reports)
    text = text_of(admin_client.get(url_of(connection)))
    assert text.count("The page reports:") == 200
    assert "Only the latest reports" in text


@pytest.mark.parametrize("unknown", ["x", "00000000-0000-0000-0000-000000000000"])
def test_connection__unknown_id_redirects(admin_client: Client, unknown: str) -> None:
    assert admin_client.get(f"{CONNECTIONS}{unknown}/change/").status_code == 302


@pytest.mark.parametrize("page", [CONNECTIONS, PROCESSES])
def test_pages__have_no_inline_styles_or_scripts(admin_client: Client, add: Add, page: str) -> None:
    connection = add(cause="network_lost")
    detail = url_of(connection) if page == CONNECTIONS else f"{PROCESSES}{connection.process_id}/change/"
    for address in (page, detail):
        text = text_of(admin_client.get(address))
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_processes__list_shows_running_silent_and_lost(admin_client: Client, process: ServerProcess) -> None:
    process_row(silent_seconds=3600)
    process_row(silent_seconds=3600, ended_at=timezone.now(), end="lost")
    text = text_of(admin_client.get(PROCESSES))
    states = re.findall(r'<td class="field-state">(.*?)</td>', text)
    assert sorted(states) == ["lost", "running", "silent"]


def test_process__page_links_to_its_connections(admin_client: Client, process: ServerProcess) -> None:
    text = text_of(admin_client.get(f"{PROCESSES}{process.pk}/change/"))
    assert f"{CONNECTIONS}?process={process.pk}&amp;state__exact=open" in text


def test_connection__shows_controls_of_direction_in_texts_of_clients(admin_client: Client, add: Add) -> None:
    override = "\N{RIGHT-TO-LEFT OVERRIDE}"
    texts = {"path": f"/ws/{override}path/", "close_reason": f"{override}close", "sent_reason": f"{override}sent"}
    row = add(cause="client_application", close_code=4001, sent_code=4001, **texts)
    common = {"connection": row, "at": timezone.now()}
    ClientReport.objects.create(id=new_id(), **common, kind="status", state="visible", note=f"{override}note")
    ClientReport.objects.create(
        id=new_id(), **common, kind="hello", page=f"/{override}page",
        previous_id=new_id(), previous_code=4001, previous_reason=f"{override}previous",
    )  # fmt: skip
    text = text_of(admin_client.get(url_of(row)))
    assert override not in text
    for word in ("path", "close", "sent", "note", "page", "previous"):
        assert f"[U+202E]{word}" in text
    row.refresh_from_db()
    assert row.path == texts["path"]
