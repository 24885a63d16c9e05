"""The command that creates API tokens, and the admin page that lists and revokes them."""

from __future__ import annotations

import io

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.api import tokens
from dashboard.models import ApiToken

pytestmark = pytest.mark.django_db
LIST = "/admin/lifecycle_dashboard/apitoken/"


def made(*arguments: str) -> tuple[str, str]:
    """Run the command; return what it writes to standard output and to standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("lifecycle_api_token", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_command__prints_only_the_token() -> None:
    token, note = made("grafana")
    found = tokens.find(token)
    assert found is not None
    assert (found.name, found.may_act, found.created_by) == ("grafana", False, None)
    assert token not in note
    assert "cannot be shown again" in note


def test_command__act_is_a_choice() -> None:
    token, _ = made("robot", "--act")
    found = tokens.find(token)
    assert found is not None
    assert found.may_act


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_command__refuses_a_bad_name(name: str) -> None:
    with pytest.raises(CommandError, match="1 to 100"):
        made(name)


def test_command__refuses_the_name_of_a_valid_token_only() -> None:
    made("grafana")
    with pytest.raises(CommandError, match="valid token 'grafana'"):
        made("grafana")
    ApiToken.objects.update(revoked_at="2026-01-01T00:00Z")
    assert made("grafana")[0]


@pytest.fixture
def admin() -> Client:
    """Return a client of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    return client


def test_admin__lists_tokens_without_their_hashes(admin: Client) -> None:
    token = made("grafana")[0]
    row = ApiToken.objects.get()
    for address in (LIST, f"{LIST}{row.pk}/change/"):
        page = admin.get(address).content.decode()
        assert "grafana" in page
        assert token not in page
        assert row.hash not in page


def test_admin__revokes_tokens_and_says_so_in_the_log(admin: Client) -> None:
    token = made("grafana")[0]
    row = ApiToken.objects.get()
    admin.post(LIST, {"action": "revoke", "_selected_action": [row.pk]})
    assert tokens.find(token) is None
    [entry] = LogEntry.objects.all()
    assert (entry.object_repr, entry.get_change_message()) == ("grafana", "Revoked.")


def test_admin__revoking_twice_keeps_the_first_time(admin: Client) -> None:
    made("grafana")
    row = ApiToken.objects.get()
    admin.post(LIST, {"action": "revoke", "_selected_action": [row.pk]})
    first = ApiToken.objects.get().revoked_at
    admin.post(LIST, {"action": "revoke", "_selected_action": [row.pk]})
    assert ApiToken.objects.get().revoked_at == first


def test_admin__neither_adds_nor_deletes(admin: Client) -> None:
    made("grafana")
    row = ApiToken.objects.get()
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(f"{LIST}{row.pk}/change/", {"name": "other", "may_act": "on"})
    assert ApiToken.objects.values_list("name", "may_act").get() == ("grafana", False)
