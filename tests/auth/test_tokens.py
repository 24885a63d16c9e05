"""Tests of tokens: signing, expiry, revocation, the command and the view."""

from __future__ import annotations

import re
import time

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.core.signing import Signer
from django.test import Client
from pytest_django import Settings

from lifecycle.auth.tokens import BadToken, make_token, read_token, user_of

pytestmark = pytest.mark.django_db
#: The syntax of a subprotocol in Sec-WebSocket-Protocol: a token of RFC 9110 section 5.6.2.
RFC_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password="a long secret")


def reason_of(token: str) -> str:
    """Return the reason for which a token is refused."""
    with pytest.raises(BadToken) as refused:
        user_of(token)
    return refused.value.reason


def test_make_token__authenticates_its_user(alice: User) -> None:
    assert user_of(make_token(alice)) == alice


def test_make_token__is_valid_in_a_header(alice: User) -> None:
    assert RFC_TOKEN.fullmatch(make_token(alice))


def test_make_token__does_not_contain_the_session_hash(alice: User) -> None:
    claims = Signer(salt="lifecycle.token", sep=".").unsign_object(make_token(alice))
    assert alice.get_session_auth_hash() not in str(claims)


@pytest.mark.parametrize("seconds", [0, -1])
def test_user_of__expired(alice: User, seconds: int) -> None:
    assert reason_of(make_token(alice, seconds)) == "expired"


def test_user_of__lifetime_comes_from_the_settings(alice: User, settings: Settings) -> None:
    settings.LIFECYCLE = {"TOKEN_SECONDS": 1e-9}
    assert reason_of(make_token(alice)) == "expired"
    assert user_of(make_token(alice, 60)) == alice


def test_make_token__refuses_a_lifetime_of_more_than_a_day(alice: User) -> None:
    assert user_of(make_token(alice, 86_400)) == alice
    with pytest.raises(ValueError, match="at most 86400 seconds"):
        make_token(alice, 86_401)


def test_user_of__token_of_an_older_release_that_lives_too_long(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.auth.tokens.LONGEST_TOKEN_SECONDS", 10**9)
    token = make_token(alice, 10**8)
    assert user_of(token) == alice
    monkeypatch.undo()
    assert reason_of(token) == "expired"


def test_user_of__token_of_a_host_whose_clock_is_ahead(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token, behind = make_token(alice, 86_400), time.time() - 10
    monkeypatch.setattr(time, "time", lambda: behind)
    assert user_of(token) == alice


def test_user_of__password_changed(alice: User) -> None:
    token = make_token(alice)
    alice.set_password("another secret")
    alice.save()
    assert reason_of(token) == "revoked"


def test_user_of__inactive_user(alice: User) -> None:
    token = make_token(alice)
    User.objects.update(is_active=False)
    assert reason_of(token) == "revoked"


def test_user_of__user_deleted(alice: User) -> None:
    token = make_token(alice)
    alice.delete()
    assert reason_of(token) == "revoked"


@pytest.mark.parametrize("wrong", ["", ".", "x", "a.b", "a.b.c", "\u00fc", "x" * 5000, "eyJ1IjoiMSJ9.AAAA"])
def test_read_token__malformed(wrong: str) -> None:
    assert reason_of(wrong) == "malformed"


def test_bad_token__traceback_contains_no_part_of_the_token(alice: User) -> None:
    token = make_token(alice)
    with pytest.raises(BadToken) as refused:
        read_token(token + "x")
    shown = str(refused.getrepr(style="native"))
    assert not any(part in shown for part in token.split("."))


def test_read_token__with_one_changed_character(alice: User) -> None:
    token = make_token(alice)
    for index in (0, len(token) // 2, len(token) - 2):
        other = "A" if token[index] != "A" else "B"
        assert reason_of(token[:index] + other + token[index + 1 :]) == "malformed"


def test_read_token__signed_for_another_purpose(alice: User) -> None:
    assert (
        reason_of(Signer(salt="other", sep=".").sign_object({"u": str(alice.pk), "s": "", "e": 9e9}))
        == "malformed"
    )


def test_read_token__after_key_rotation(alice: User, settings: Settings) -> None:
    token = make_token(alice)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"
    assert user_of(token) == alice
    settings.SECRET_KEY_FALLBACKS = []
    assert reason_of(token) == "malformed"


def test_read_token__does_not_query_the_database(alice: User, django_assert_num_queries: object) -> None:
    token = make_token(alice)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert read_token(token).user_id == str(alice.pk)


def test_command__prints_only_the_token(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("lifecycle_token", "alice", "--seconds", "60")
    assert user_of(capsys.readouterr().out.removesuffix("\n")) == alice


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bob"], "There is no user 'bob'."),
        (["alice", "--seconds", "0"], "--seconds must be greater than 0."),
        (["alice", "--seconds", "86401"], "--seconds must be at most 86400."),
        (["alice", "--seconds", "soon"], "argument --seconds: invalid int value: 'soon'"),
    ],
)
def test_command__error_message(alice: User, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=re.escape(message)):
        call_command("lifecycle_token", *arguments)


def test_command__inactive_user(alice: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="is not active"):
        call_command("lifecycle_token", "alice")


def test_view__returns_a_token_to_a_signed_in_user(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.post("/token/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response.json() | {"token": ""} == {"token": "", "expires_in": 300}
    assert user_of(response.json()["token"]) == alice


def test_view__answers_401_without_a_session(client: Client) -> None:
    response = client.post("/token/")
    assert response.status_code == 401
    assert response.json() == {"error": "Sign in first."}


def test_view__accepts_only_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/token/").status_code == 405


def test_view__requires_the_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/token/").status_code == 403
