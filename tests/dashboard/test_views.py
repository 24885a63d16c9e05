"""The views of the live page and of its history: access, contents and caching."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from lifecycle.csp import HEADER, POLICY
from lifecycle.history.windows import RANGES
from lifecycle.verdict.causes import Cause
from tests.dashboard.clients import signed_in

pytestmark = pytest.mark.django_db

PAGE, HISTORY = "/dashboard/", "/dashboard/history/"


class Tags(HTMLParser):
    """Collects the tags of an HTML text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store a tag with its attributes."""
        self.found.append((tag, dict(attrs)))


def test_page__is_shown_to_an_operator(operator: Client) -> None:
    answer = operator.get(PAGE)
    assert answer.status_code == 200
    assert "lifecycle_dashboard/page.html" in [template.name for template in answer.templates]


def test_page__queries_no_table_of_the_monitor(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get(PAGE)
    with django_assert_max_num_queries(4) as queries:
        operator.get(PAGE)
    assert not any("lifecycle_" in query["sql"] for query in queries.captured_queries)


def test_page__redirects_visitors_to_the_login_page() -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={PAGE}")


UNAUTHORIZED = {
    "ordinary user": {},
    "staff without the permission": {"is_staff": True},
    "permitted, but not staff": {"permitted": True},
}


@pytest.mark.parametrize("flags", UNAUTHORIZED.values(), ids=UNAUTHORIZED)
def test_page__answers_unauthorized_users_with_403(flags: dict[str, bool]) -> None:
    answer = signed_in(**flags).get(PAGE)
    assert answer.status_code == 403
    assert b"websocket" not in answer.content.lower()


@pytest.mark.parametrize("flags", UNAUTHORIZED.values(), ids=UNAUTHORIZED)
def test_history__answers_unauthorized_users_with_an_empty_403(flags: dict[str, bool]) -> None:
    answer = signed_in(**flags).get(HISTORY)
    assert (answer.status_code, answer.content) == (403, b"{}")


@pytest.mark.parametrize("query", ["", "?range=1h", "?range=nonsense"])
def test_history__answers_visitors_with_an_empty_403(query: str) -> None:
    answer = Client().get(f"{HISTORY}{query}")
    assert (answer.status_code, answer.content) == (403, b"{}")


def test_history__cached_answer_is_sent_only_to_operators(operator: Client) -> None:
    assert operator.get(HISTORY).status_code == 200
    assert Client().get(HISTORY).status_code == 403


@pytest.mark.parametrize("name", RANGES)
def test_history__supports_each_range(operator: Client, name: str) -> None:
    answer = operator.get(HISTORY, {"range": name})
    assert (answer.status_code, answer.json()["range"]) == (200, name)


def test_history__default_range_is_15_minutes(operator: Client) -> None:
    assert operator.get(HISTORY).json()["range"] == "15m"


@pytest.mark.parametrize("name", ["", "2y", "15M", "15m' OR 1=1"])
def test_history__unknown_range_is_answered_with_400_and_the_list_of_ranges(operator: Client, name: str) -> None:
    answer = operator.get(HISTORY, {"range": name})
    assert (answer.status_code, answer.json()) == (400, {"error": f"range must be one of {', '.join(RANGES)}"})


def test_history__second_request_is_answered_from_the_cache(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get(HISTORY)
    with django_assert_max_num_queries(4) as queries:
        operator.get(HISTORY)
    assert not any("lifecycle_" in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("address", [PAGE, HISTORY])
def test_views__allow_only_get_and_forbid_caching(operator: Client, address: str) -> None:
    assert "no-store" in operator.get(address)["Cache-Control"]
    assert operator.post(address).status_code == 405


def test_page__sets_the_strict_policy_and_complies_with_it(operator: Client) -> None:
    answer = operator.get(PAGE)
    assert answer[HEADER] == POLICY
    for tag, attributes in Tags(answer.content.decode()).found:
        assert "style" not in attributes, f"<{tag}> has a style attribute"
        assert not [name for name in attributes if name.startswith("on")], f"<{tag}> has a handler"
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/") or attributes["type"] == "application/json"
        assert tag != "style"


def test_page__contains_every_cause_and_text_for_the_scripts(operator: Client) -> None:
    answer = operator.get(PAGE)
    vocabulary = json.dumps(answer.context["vocabulary"])
    assert all(f'"{cause.value}"' in vocabulary for cause in Cause)
    assert all(isinstance(word, str) and word for word in answer.context["words"].values())


def test_page__charts_have_tables_and_accessible_names(operator: Client) -> None:
    tags = Tags(operator.get(PAGE).content.decode()).found
    charts = [attributes for tag, attributes in tags if tag == "canvas"]
    assert [tag for tag, _ in tags].count("table") >= len(charts) > 0
    assert all({"aria-label", "aria-labelledby", "aria-hidden"} & chart.keys() for chart in charts)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"from": "nan"}, "from must be"),
        ({"from": "yesterday"}, "from must be"),
        ({"from": "1h", "to": "soon"}, "to must be"),
        ({"to": "1h"}, "from must be"),
        ({"from": "1h", "to": "2h"}, "after the start"),
        ({"from": "1970-01-01"}, "at most ten years"),
    ],
)
def test_history__malformed_window_is_answered_with_400_and_a_remedy(
    operator: Client, query: dict[str, str], word: str
) -> None:
    answer = operator.get(HISTORY, query)
    assert answer.status_code == 400
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    "times", [("2026-11-20T10:00Z", "2026-11-20T11:00:00+00:00"), ("1795168800", "1795172400")]
)
def test_history__window_has_the_forms_of_times_that_the_explorer_has(
    operator: Client, times: tuple[str, str]
) -> None:
    answer = operator.get(HISTORY, dict(zip(("from", "to"), times, strict=True))).json()
    assert (answer["from"], answer["to"], answer["bucket_s"]) == (1_795_168_800, 1_795_172_400, 60)
