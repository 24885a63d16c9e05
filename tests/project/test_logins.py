"""Logins of the runnable project: failed ones are logged and limited, and the first password is validated."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.cache.backends import locmem
from django.core.management import CommandError
from django.test import Client
from pytest_django import Settings

from monitor_project.logins import validate_operator
from tests.project.test_start import Start

LOGIN = "/admin/login/"
PASSWORD = "a long secret"
LIMIT = 10
ATTACKER, OPERATOR = "203.0.113.7", "203.0.113.8"


@pytest.fixture(autouse=True)
def _operator(db: None) -> None:
    """Create the operator, and forget failed logins of other tests."""
    User.objects.create_superuser("admin", password=PASSWORD)
    caches["logins"].clear()


def sign_in(password: str, address: str, name: str = "admin", **headers: str) -> int:
    """Return the status that answers an attempt to sign in; 302 means success."""
    form = {"username": name, "password": password}
    return Client().post(LOGIN, form, REMOTE_ADDR=address, headers=headers).status_code


def fail(times: int, address: str = ATTACKER, **headers: str) -> list[int]:
    """Return the statuses that answer attempts with wrong passwords."""
    return [sign_in(f"wrong {number}", address, **headers) for number in range(times)]


def test_failed_login__is_logged_without_name_and_password(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert sign_in("wrong-secret", ATTACKER, name="typed-secret") == 200
    [line] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert f"login failure by {ATTACKER} at {LOGIN}" in line
    assert "secret" not in caplog.text


def test_failed_logins__lock_the_address_out_and_no_other() -> None:
    assert fail(LIMIT) == [200] * (LIMIT - 1) + [429]
    assert sign_in(PASSWORD, ATTACKER) == 429
    assert sign_in(PASSWORD, OPERATOR) == 302


def test_failed_logins__few_do_not_lock_the_address_out() -> None:
    fail(LIMIT - 1)
    assert sign_in(PASSWORD, ATTACKER) == 302


def test_failed_logins__are_not_forgotten_after_a_login_with_another_account() -> None:
    User.objects.create_user("attacker", password=PASSWORD, is_staff=True)
    fail(LIMIT - 2)
    assert sign_in(PASSWORD, ATTACKER, name="attacker") == 302
    assert fail(2) == [200, 429]
    assert sign_in(PASSWORD, ATTACKER, name="attacker") == 429


def test_failed_logins__lock_the_address_out_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    fail(LIMIT)
    # Attempts while locked out do not prolong the lock.
    fail(1)
    later = time.time() + 5 * 60 + 1
    monkeypatch.setattr(locmem, "time", SimpleNamespace(time=lambda: later))
    assert sign_in(PASSWORD, ATTACKER) == 302


def test_failed_logins__from_many_addresses_do_not_lock_the_operator_out() -> None:
    for number in range(2 * LIMIT):
        fail(1, f"198.51.100.{number}")
    assert sign_in(PASSWORD, OPERATOR) == 302


def test_failed_logins__behind_a_trusted_proxy_count_for_the_client(settings: Settings) -> None:
    settings.LIFECYCLE = {"TRUSTED_PROXIES": ["10.0.0.1"]}
    fail(LIMIT, "10.0.0.1", **{"X-Forwarded-For": ATTACKER})
    assert sign_in(PASSWORD, "10.0.0.1", **{"X-Forwarded-For": ATTACKER}) == 429
    assert sign_in(PASSWORD, "10.0.0.1", **{"X-Forwarded-For": OPERATOR}) == 302


def test_failed_logins__forged_header_does_not_hide_the_address() -> None:
    statuses = [fail(1, **{"X-Forwarded-For": f"198.51.100.{number}"})[0] for number in range(LIMIT)]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("password", "reason"),
    [("admin", "too similar to the username"), ("short", "too short"), ("password123", "too common")],
)
def test_validate_operator__names_the_reasons(password: str, reason: str) -> None:
    with pytest.raises(CommandError, match=f"MONITOR_ADMIN_PASSWORD cannot be used: .*{reason}"):
        validate_operator("admin", password)


def test_validate_operator__accepts_a_good_password() -> None:
    validate_operator("admin", "correct horse")


@pytest.mark.slow
def test_start__refuses_a_weak_first_password(tmp_path: Path) -> None:
    with Start(tmp_path, MONITOR_ADMIN_PASSWORD="admin") as start:
        output = start.output()
        assert start.process.wait(timeout=20) == 1
    assert "MONITOR_ADMIN_PASSWORD cannot be used" in output
    with Start(tmp_path, MONITOR_ADMIN_PASSWORD="correct horse") as again:
        assert "Press Ctrl-C" in again.output()
