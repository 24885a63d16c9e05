"""The page of the explorer, and the rows that its script requests."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.explorer import columns, labels, paging
from dashboard.explorer.filters import NAMES
from lifecycle.csp import HEADER, POLICY
from lifecycle.models import Connection
from lifecycle.search import addresses, walk
from tests.dashboard.clients import signed_in
from tests.dashboard.test_views import Tags
from tests.factories import connection_row, process_row

pytestmark = pytest.mark.django_db
PAGE, ROWS = "/dashboard/connections/", "/dashboard/connections/rows/"
UNAUTHORIZED = [{}, {"is_staff": True}, {"permitted": True}]


def text_of(client: Client, query: str = "", status: int = 200) -> str:
    """Return the page as text."""
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == status
    return unescape(answer.content.decode())


def words_of(text: str) -> str:
    """Return the text of a page without its tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def ids_in(text: str) -> list[str]:
    """Return the IDs of the rows of a page."""
    return re.findall(r'<tr data-key="([0-9a-f-]{36})"', text)


def test_page__redirects_visitors_to_the_login_page() -> None:
    answer = Client().get(f"{PAGE}?state=open")
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={PAGE}%3Fstate%3Dopen")


@pytest.mark.parametrize("flags", UNAUTHORIZED, ids=str)
@pytest.mark.parametrize("address", [PAGE, ROWS, f"{PAGE}?colour=red"])
def test_views__answer_unauthorized_users_with_403(flags: dict[str, bool], address: str) -> None:
    connection_row(path="/secret/")
    answer = signed_in(**flags).get(address)
    assert answer.status_code == 403
    assert b"secret" not in answer.content


@pytest.mark.parametrize("address", [PAGE, ROWS])
def test_views__allow_only_get_and_forbid_caching(operator: Client, address: str) -> None:
    assert "no-store" in operator.get(address)["Cache-Control"]
    assert operator.post(address).status_code == 405


def test_page__sets_the_strict_policy_and_complies_with_it(operator: Client) -> None:
    connection_row(cause="network_lost")
    answer = operator.get(f"{PAGE}?state=closed")
    assert answer[HEADER] == POLICY
    for tag, attributes in Tags(answer.content.decode()).found:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/") or attributes["type"] == "application/json"


def test_page__lists_connections_newest_first_with_links_to_their_pages(operator: Client) -> None:
    now = timezone.now()
    rows = [connection_row(opened_at=now - timedelta(minutes=minutes)) for minutes in range(3)]
    text = text_of(operator)
    assert ids_in(text) == [str(row.pk) for row in rows]
    assert all(f'href="/admin/lifecycle/connection/{row.pk}/change/"' in text for row in rows)


def test_page__shows_each_default_column(operator: Client) -> None:
    connection_row(
        endpoint="ws/chat/", cause="network_lost", close_code=1006, client_ip="203.0.113.7",
        user=User.objects.create_user("anna"), process=process_row(host="web-7", pid=77),
    )  # fmt: skip
    words = words_of(text_of(operator).partition("<tbody>")[2])
    for word in ("ws/chat/", "closed", "connection lost", "1006", "5.0 s", "anna", "203.0.113.7"):
        assert word in words, word


def test_page__shows_every_column(operator: Client) -> None:
    connection_row(user_agent="Firefox/1 Windows", close_reason="bye", tab_id="tab-1", user_id=77, process=None)
    connection_row(state="open", closed_at=None, cause="", accepted_at=None)
    text = text_of(operator, f"?columns={','.join(columns.BY_NAME)}")
    assert [str(column.label) in text for column in columns.COLUMNS] == [True] * len(columns.COLUMNS)
    for word in ("Firefox", "Windows", "bye", "tab-1", "#77"):
        assert word in words_of(text)


def test_columns__are_kept_in_all_links(operator: Client) -> None:
    for _number in range(3):
        connection_row()
    text = text_of(operator, "?columns=opened,path&state=closed")
    head = text.partition('id="connections-table"')[2].partition("</thead>")[0]
    assert re.findall(r"<th[^>]*>(.*?)</th>", head) == ["Handshake", "Path"]
    links = re.findall(r'href="(\?[^"]*)"', text)
    assert links
    assert all("columns=opened%2Cpath" in link for link in links)


def test_form__has_a_labelled_field_for_each_filter(operator: Client) -> None:
    tags = Tags(text_of(operator)).found
    named = {attributes["name"]: attributes["id"] for _tag, attributes in tags if "id" in attributes
             and attributes.get("name") in NAMES}  # fmt: skip
    assert set(named) == set(NAMES) == set(labels.LABELS)
    assert set(named.values()) <= {attributes.get("for") for tag, attributes in tags if tag == "label"}


def test_form__keeps_the_values(operator: Client) -> None:
    text = text_of(operator, "?state=open&ip=203.0.113.7&min_duration=90")
    assert '<option value="open" selected>' in text
    assert 'value="203.0.113.7"' in text
    assert 'name="min_duration" value="90"' in text


def test_form__leads_to_an_address_without_empty_parameters(operator: Client) -> None:
    answer = operator.get(f"{PAGE}?state=open&q=&since=&columns=path&columns=opened")
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?state=open&columns=opened%2Cpath")


def test_chips__each_removes_its_filter(operator: Client) -> None:
    connection_row()
    text = text_of(operator, "?state=closed&cause=client_normal&abnormal=no")
    chips = text.partition('class="chips"')[2].partition("</ul>")[0]
    assert re.findall(r'href="([^"]*)"', chips) == [
        "?cause=client_normal&abnormal=no",
        "?state=closed&abnormal=no",
        "?state=closed&cause=client_normal",
    ]
    assert "Remove the filter Cause" in chips


@pytest.mark.parametrize(
    "query", ["?colour=red", "?state=shut", "?columns=mood", "?cursor=x", "?state=open&state=closed"]
)
def test_mistakes__are_answered_with_400_and_a_sentence(operator: Client, query: str) -> None:
    text = text_of(operator, query, status=400)
    [alert] = re.findall(r'role="alert">(.*?)</p>', text)
    assert alert.endswith(".")
    answer = operator.get(f"{ROWS}{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": "bad_filter", "detail": alert})


@pytest.mark.skipif(database.vendor == "postgresql", reason="PostgreSQL compares addresses itself")
def test_mistakes__network_with_too_many_addresses_gets_400(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_READ", 0)
    connection_row(client_ip="2001:db8::7")
    assert "give a smaller one." in text_of(operator, "?ip=2001:db8:0:5::/64", status=400)


def test_mistakes__are_escaped(operator: Client) -> None:
    answer = operator.get(PAGE, {"state": "<script>alert(1)</script>"})
    assert answer.status_code == 400
    assert b"<script>alert" not in answer.content


def test_texts_of_clients__are_escaped_and_show_their_direction_controls(operator: Client) -> None:
    override = "\N{RIGHT-TO-LEFT OVERRIDE}"
    connection_row(path=f"</script><script>alert(1)</script>{override}", endpoint="<b>")
    text = operator.get(f"{PAGE}?columns=path,endpoint").content.decode()
    assert "<script>alert" not in text
    assert override not in text
    assert "[U+202E]" in text


def test_pages__lead_to_older_and_newer_connections(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)
    now = timezone.now()
    rows = [str(connection_row(opened_at=now - timedelta(minutes=minutes)).pk) for minutes in range(5)]
    text = text_of(operator, "?state=closed")
    assert 'rel="prev"' not in text
    seen = ids_in(text)
    while older := re.search(r'href="([^"]*)" rel="next"', text):
        text = text_of(operator, older[1])
        seen += ids_in(text)
    assert seen == rows
    newer = re.search(r'href="([^"]*)" rel="prev"', text)
    assert newer
    assert ids_in(text_of(operator, newer[1])) == rows[2:4]


def test_empty__says_so_in_words(operator: Client) -> None:
    assert "No connection has been recorded yet." in text_of(operator)
    assert "No connection meets all of these filters." in text_of(operator, "?state=open")


def test_search__says_how_far_it_got_and_can_be_continued(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "FIRST_STEP", 1)
    monkeypatch.setattr(paging, "PAGE_SECONDS", 0)
    now = timezone.now()
    rows = [connection_row(opened_at=now - timedelta(hours=hours), path=f"/{hours}/") for hours in range(4)]
    text = text_of(operator, "?q=/3/")
    assert f"looked as far as {rows[1].opened_at:%Y-%m-%d %H:%M:%S}" in text
    assert "“/3/” in paths and endpoints" in words_of(text)
    following = re.search(r'class="continue" href="([^"]*)"', text)
    assert following
    assert ids_in(text_of(operator, following[1])) == [str(rows[3].pk)]


def test_counts__link_to_their_connections(operator: Client) -> None:
    for _number in range(2):
        connection_row(cause="network_lost", close_code=1006)
    connection_row(endpoint="ws/a b/")
    text = text_of(operator, "?state=closed")
    counts = text.partition('id="counts-title"')[2]
    assert "3 in all" in words_of(counts).replace("  ", " ")
    for link, label in (
        ("?state=closed&cause=network_lost", "connection lost"),
        ("?state=closed&code=1006", "1006 abnormal closure"),
        ("?endpoint=ws%2Fa+b%2F&state=closed", "ws/a b/"),
    ):
        found = re.search(rf'<a href="([^"]*)">{re.escape(label)}</a>', counts)
        assert found, label
        assert set(found[1][1:].split("&")) == set(link[1:].split("&"))
        assert len(ids_in(text_of(operator, found[1]))) == (1 if "endpoint" in link else 2)


def test_counts__cause_of_a_newer_release_has_no_link(operator: Client) -> None:
    connection_row(cause="client_normal")
    Connection.objects.update(cause="struck_by_lightning")
    assert "<span>struck_by_lightning</span>" in text_of(operator)


def test_page__is_live_only_if_the_window_includes_now(operator: Client) -> None:
    assert 'data-live="true"' in text_of(operator, "?since=1h")
    assert 'data-live="false"' in text_of(operator, "?until=1h")


def test_rows__are_those_of_the_page(operator: Client) -> None:
    connection_row(cause="network_lost")
    answer = operator.get(f"{ROWS}?cause=network_lost&columns=opened,cause")
    assert answer.json()["rows"] == operator.get(f"{PAGE}?cause=network_lost&columns=opened,cause").context["rows"]
    [[opened, cause]] = [row["cells"] for row in answer.json()["rows"]]
    assert (cause["text"], cause["abnormal"]) == ("connection lost", True)
    assert opened["href"].startswith("/admin/lifecycle/connection/")


def test_page__number_of_queries_does_not_depend_on_rows(operator: Client) -> None:
    def number_of_queries() -> int:
        with CaptureQueriesContext(database) as queries:
            operator.get(PAGE)
        return len(queries)

    anna, process = User.objects.create_user("anna"), process_row()
    connection_row(user=anna, process=process)
    with_one_row = number_of_queries()
    for _number in range(10):
        connection_row(user=anna, process=process)
    assert number_of_queries() == with_one_row
