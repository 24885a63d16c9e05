"""The live page and its reads of history: for users who may view, and for nobody else."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.windows import RANGES
from lifecycle.csp import HEADER, POLICY
from lifecycle.verdict.causes import Cause

pytestmark = pytest.mark.django_db

PAGE, HISTORY = "/dashboard/", "/dashboard/history/"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Clear what other tests have cached."""
    cache.clear()


def signed_in(*, permitted: bool = False, **flags: bool) -> Client:
    """Return the browser of a signed-in user."""
    user = User.objects.create_user("somebody", **flags)
    if permitted:
        user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def operator() -> Client:
    """Return the browser of an operator."""
    return signed_in(is_staff=True, permitted=True)


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Store a tag."""
        self.found.append((tag, dict(attrs)))


def test_page__is_for_an_operator(operator: Client) -> None:
    answer = operator.get(PAGE)
    assert answer.status_code == 200
    assert "lifecycle_dashboard/page.html" in [template.name for template in answer.templates]


def test_page__needs_no_query_of_the_record(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get(PAGE)
    with django_assert_max_num_queries(4) as queries:
        operator.get(PAGE)
    assert not any("lifecycle_" in query["sql"] for query in queries.captured_queries)


def test_page__redirects_visitors_to_sign_in_and_back() -> None:
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={PAGE}")


OUTSIDERS = {
    "anybody": {},
    "staff without the permission": {"is_staff": True},
    "permitted, but not staff": {"permitted": True},
}


@pytest.mark.parametrize("flags", OUTSIDERS.values(), ids=OUTSIDERS)
def test_page__answers_outsiders_with_403(flags: dict[str, bool]) -> None:
    answer = signed_in(**flags).get(PAGE)
    assert answer.status_code == 403
    assert b"websocket" not in answer.content.lower()


@pytest.mark.parametrize("flags", OUTSIDERS.values(), ids=OUTSIDERS)
def test_history__answers_outsiders_with_an_empty_403(flags: dict[str, bool]) -> None:
    answer = signed_in(**flags).get(HISTORY)
    assert (answer.status_code, answer.content) == (403, b"{}")


@pytest.mark.parametrize("query", ["", "?range=1h", "?range=nonsense"])
def test_history__answers_visitors_with_an_empty_403(query: str) -> None:
    answer = Client().get(f"{HISTORY}{query}")
    assert (answer.status_code, answer.content) == (403, b"{}")


def test_history__cached_answer_is_for_operators_only(operator: Client) -> None:
    assert operator.get(HISTORY).status_code == 200
    assert Client().get(HISTORY).status_code == 403


@pytest.mark.parametrize("name", RANGES)
def test_history__answers_each_range(operator: Client, name: str) -> None:
    answer = operator.get(HISTORY, {"range": name})
    assert (answer.status_code, answer.json()["range"]) == (200, name)


def test_history__is_of_15_minutes_by_default(operator: Client) -> None:
    assert operator.get(HISTORY).json()["range"] == "15m"


@pytest.mark.parametrize("name", ["", "2y", "15M", "15m' OR 1=1"])
def test_history__unknown_range_gets_the_list_of_ranges(operator: Client, name: str) -> None:
    answer = operator.get(HISTORY, {"range": name})
    assert (answer.status_code, answer.json()) == (400, {"error": f"range is one of {', '.join(RANGES)}"})


def test_history__is_read_once_for_requests_at_the_same_time(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get(HISTORY)
    with django_assert_max_num_queries(4) as queries:
        operator.get(HISTORY)
    assert not any("lifecycle_" in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("address", [PAGE, HISTORY])
def test_answers__allow_only_reads_and_are_not_stored(operator: Client, address: str) -> None:
    assert "no-store" in operator.get(address)["Cache-Control"]
    assert operator.post(address).status_code == 405


def test_page__has_the_strict_policy_and_follows_it(operator: Client) -> None:
    answer = operator.get(PAGE)
    assert answer[HEADER] == POLICY
    for tag, attributes in Tags(answer.content.decode()).found:
        assert "style" not in attributes, f"<{tag}> has a style attribute"
        assert not [name for name in attributes if name.startswith("on")], f"<{tag}> has a handler"
        if tag == "script":
            assert attributes.get("src", "").startswith("/static/") or attributes["type"] == "application/json"
        assert tag != "style"


def test_page__has_every_cause_and_word_for_the_scripts(operator: Client) -> None:
    answer = operator.get(PAGE)
    vocabulary = json.dumps(answer.context["vocabulary"])
    assert all(f'"{cause.value}"' in vocabulary for cause in Cause)
    assert all(isinstance(word, str) and word for word in answer.context["words"].values())


def test_page__charts_have_tables_and_accessible_names(operator: Client) -> None:
    tags = Tags(operator.get(PAGE).content.decode()).found
    charts = [attributes for tag, attributes in tags if tag == "canvas"]
    assert [tag for tag, _ in tags].count("table") >= len(charts) > 0
    assert all({"aria-label", "aria-labelledby", "aria-hidden"} & chart.keys() for chart in charts)
