"""Each address answers a session and a token, and refuses everybody else with a sentence that says what to do."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dashboard.api import limits, tokens
from dashboard.models import ApiToken
from tests.factories import connection_row

pytestmark = pytest.mark.django_db
API = "/api/v1/"
ADDRESSES = ["live", "history", "connections", "connections.csv", "connections.ndjson", "openapi.json", ""]


@pytest.fixture
def addresses() -> list[str]:
    """Return all addresses of the API."""
    return [API + name for name in [*ADDRESSES, f"connections/{connection_row().id}"]]


def test_access__session_and_token_read_every_address(allowed_client: Client, addresses: list[str]) -> None:
    statuses = {address: allowed_client.get(address).status_code for address in addresses}
    assert statuses == dict.fromkeys(addresses, 200)


def test_access__nothing_is_read_without_credentials(addresses: list[str]) -> None:
    for address in set(addresses) - {API}:
        answer = Client().get(address)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized"), address
        assert "Bearer" in answer.json()["detail"]
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_access__visitor_of_the_documentation_page_signs_in_first() -> None:
    answer = Client().get(API)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={API}")


@pytest.mark.parametrize("flags", [{}, {"is_staff": True}, {"is_staff": True, "is_active": False}])
def test_access__users_who_may_not_view_are_refused(flags: dict[str, bool], addresses: list[str]) -> None:
    client = Client()
    client.force_login(User.objects.create_user("somebody", **flags))
    expected = 401 if flags.get("is_active") is False else 403
    refused = {address: client.get(address) for address in set(addresses) - {API}}
    assert {answer.status_code for answer in refused.values()} == {expected}
    assert all(answer.json()["detail"] for answer in refused.values())


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer lcm_wrong", "Bearer lcm_" + "a" * 43, "Basic YTpi", "Token lcm_x", "\u00e9"],
)
def test_access__wrong_header_is_refused_even_with_a_session(with_session: Client, header: str) -> None:
    answer = with_session.get(f"{API}live", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


def test_access__token_outside_the_header_is_not_read(token: str) -> None:
    client = Client()
    client.cookies["token"] = client.cookies["Authorization"] = token
    for address in (f"{API}live?token={token}", f"{API}live?access_token={token}"):
        assert client.get(address, headers={"X-Api-Key": token}).status_code == 401


def test_access__revoked_token_is_refused(with_token: Client) -> None:
    assert with_token.get(f"{API}live").status_code == 200
    ApiToken.objects.update(revoked_at=timezone.now())
    assert with_token.get(f"{API}live").status_code == 401


def test_access__last_use_is_written_at_most_once_a_minute(with_token: Client) -> None:
    with_token.get(f"{API}live")
    first = ApiToken.objects.get().last_used_at
    with_token.get(f"{API}live")
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first

    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    with_token.get(f"{API}live")
    assert ApiToken.objects.get().last_used_at >= first


def test_access__tokens_are_not_logged(
    token: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.api.data.detail.read", lambda key: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        for header in (f"Bearer {token}", f"Token {token}", f"Bearer {token}x"):
            path = f"{API}connections/{connection_row().id}"
            answer = Client(raise_request_exception=False).get(path, headers={"Authorization": header})
            assert token not in answer.content.decode()
    assert "ZeroDivisionError" in caplog.text
    assert token not in caplog.text


def test_limits__too_many_requests_of_a_token_must_wait(
    with_token: Client, with_session: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.allowed, "burst", 3)
    monkeypatch.setattr(limits.allowed, "rate", 0.01)
    answers = [with_token.get(f"{API}live") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["error"] == "too_many_requests"
    assert int(answers[-1]["Retry-After"]) >= 1
    assert with_session.get(f"{API}live").status_code == 200


def test_limits__too_many_wrong_tokens_of_an_address_must_wait(
    with_token: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.refusals, "burst", 3)
    monkeypatch.setattr(limits.refusals, "rate", 0.01)
    wrong = {"Authorization": "Bearer lcm_" + "a" * 43}
    statuses = [Client().get(f"{API}live", headers=wrong).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert with_token.get(f"{API}live").status_code == 200


def test_limits__memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMIT", 3)
    buckets = limits.Buckets(1, 1)
    assert [buckets.wait(name, 0.0) for name in "aabcd"] == [0, 1, 0, 0, 0]
    assert len(buckets.buckets) == 3
    assert buckets.wait("d", 0.5) == 0.5
    assert buckets.wait("d", 2.0) == 0


def test_tokens__database_has_only_the_hash() -> None:
    token = tokens.create("grafana")
    row = ApiToken.objects.get()
    assert row.hash == tokens.digest(token)
    assert token not in str(vars(row))
