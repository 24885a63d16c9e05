"""The commands that build rollups and delete old rows."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from lifecycle.history import building, stored, upkeep
from lifecycle.history.periods import DAY, HOUR
from lifecycle.models import Connection, EndpointRollup, Lease, Rollup
from lifecycle.server import leases
from tests.factories import connection_row

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> str:
    """Run a command and return what it prints."""
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def test_rollups__count_existing_rows_and_show_progress() -> None:
    for days in (3, 2, 2):
        connection_row(opened_at=timezone.now() - timedelta(days=days), endpoint="ws/chat/")
    lines = run("lifecycle_rollups").splitlines()
    assert lines[-1].startswith("Built the rollups of ")
    assert len(lines) > 3
    found = EndpointRollup.objects.filter(step=DAY, endpoint="ws/chat/").order_by("start")
    assert list(found.values_list("opened", "closed")) == [(1, 1), (2, 2)]
    assert not Lease.objects.exists()


def test_rollups__second_run_changes_nothing() -> None:
    connection_row(opened_at=timezone.now() - timedelta(hours=30))
    run("lifecycle_rollups")
    before = [stored.read(step, 0, 2**40) for step in (60, HOUR, DAY)]
    assert run("lifecycle_rollups") == "Built the rollups of 0 hours\n"
    run("lifecycle_rollups", "--again")
    assert [stored.read(step, 0, 2**40) for step in (60, HOUR, DAY)] == before


def test_rollups__again_repairs_wrong_rollups() -> None:
    connection_row(opened_at=timezone.now() - timedelta(hours=30))
    run("lifecycle_rollups")
    Rollup.objects.update(opened=7)
    run("lifecycle_rollups", "--again")
    assert set(Rollup.objects.values_list("opened", flat=True)) == {1}


@pytest.mark.parametrize("name", ["lifecycle_rollups", "lifecycle_prune"])
def test_commands__name_the_remedy_if_another_process_keeps_the_lease(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "PATIENCE_SECONDS", 0)
    leases.hold(upkeep.LEASE, uuid4(), 60)
    with pytest.raises(CommandError, match="stop it or try again later"):
        run(name)


def test_prune__deletes_old_rows_and_keeps_their_counts() -> None:
    connection_row(opened_at=timezone.now() - timedelta(days=31), endpoint="ws/chat/")
    kept = connection_row(opened_at=timezone.now() - timedelta(days=29))
    is_open = connection_row(
        opened_at=timezone.now() - timedelta(days=90), state="open", closed_at=None, cause="", close_code=None
    )
    refused = {"state": "rejected", "accepted_at": None, "cause": "rejected", "close_code": None}
    connection_row(opened_at=timezone.now() - timedelta(days=8), **refused)
    fresh = connection_row(opened_at=timezone.now() - timedelta(days=6), **refused)
    assert run("lifecycle_prune").splitlines()[-1] == "Deleted 2 rows"
    assert {str(row.id) for row in Connection.objects.all()} == {kept.id, is_open.id, fresh.id}
    assert EndpointRollup.objects.get(step=DAY, endpoint="ws/chat/").closed == 1


def test_prune__obeys_the_settings(settings: pytest.FixtureRequest) -> None:
    settings.LIFECYCLE = {"ROWS_DAYS": 2, "REPORTS_DAYS": 1}
    connection_row(opened_at=timezone.now() - timedelta(days=3))
    connection_row(opened_at=timezone.now() - timedelta(hours=30))
    run("lifecycle_prune")
    assert Connection.objects.count() == 1
