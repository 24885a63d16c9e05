"""Pages and queries accept a cause of a newer release, which may be written during a rolling upgrade."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.live import look_back
from lifecycle.metrics import readings
from lifecycle.models import Connection
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Initiator, initiator_of, is_abnormal
from lifecycle.verdict.facts import new_id
from tests.dashboard.test_merge import merged, snapshot

NEW = "new_cause"


@pytest.fixture
def ended() -> Connection:
    """Return a connection that has just ended with a cause unknown to this release."""
    now = timezone.now()
    return Connection.objects.create(
        id=new_id(), endpoint="ws/chat/", path="/ws/chat/", state="closed", opened_at=now, accepted_at=now,
        closed_at=now, close_code=1006, cause=NEW, initiator="network",
    )  # fmt: skip


@pytest.mark.parametrize("cause", Cause)
def test_is_abnormal__returns_the_attribute_of_a_known_cause(cause: Cause) -> None:
    assert is_abnormal(cause.value) is cause.abnormal


def test_is_abnormal__is_true_for_a_newer_cause() -> None:
    assert is_abnormal(NEW)


def test_initiator_of__is_unknown_only_for_a_newer_cause() -> None:
    assert initiator_of("network_lost") is Initiator.NETWORK
    assert initiator_of(NEW) is Initiator.UNKNOWN


@pytest.mark.django_db
def test_history__lists_the_newer_cause_last_and_as_abnormal(admin_client: Client, ended: Connection) -> None:
    known = Connection.objects.create(
        id=new_id(), endpoint="ws/chat/", path="/", state="closed", opened_at=ended.opened_at,
        accepted_at=ended.opened_at, closed_at=ended.closed_at, cause="unknown", initiator="unknown",
    )  # fmt: skip
    answer = admin_client.get("/dashboard/history/").json()
    assert list(answer["closes"]) == [known.cause, NEW]
    assert {row["cause"]: row["abnormal"] for row in answer["ends"]} == {known.cause: True, NEW: True}


@pytest.mark.django_db
def test_look_back__counts_the_newer_cause_as_abnormal(ended: Connection) -> None:
    assert ended.closed_at
    found = look_back.read(ended.closed_at.timestamp() + 1)
    assert (found["abnormal_5m"], found["ends"][0]["cause"]) == (1, NEW)


def test_picture__includes_the_newer_cause_of_another_process() -> None:
    bucket = {"t": 20, "open": {}, "closes": {NEW: 2}}
    assert merged(snapshot("web", buckets=[bucket]))["buckets"][0]["closes"] == {NEW: 2}


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?cause=abnormal", f"?cause={NEW}", f"?q={NEW}"])
def test_admin__list_opens(admin_client: Client, ended: Connection, query: str) -> None:
    assert admin_client.get(f"/admin/lifecycle/connection/{query}", follow=True).status_code == 200


@pytest.mark.django_db
def test_admin__abnormal_filter_includes_the_newer_cause_but_no_open_connection(
    admin_client: Client, ended: Connection
) -> None:
    still_open = Connection.objects.create(id=new_id(), endpoint="ws/", path="/", opened_at=timezone.now())
    page = admin_client.get("/admin/lifecycle/connection/?cause=abnormal").content.decode()
    assert (str(ended.id) in page, str(still_open.id) in page) == (True, False)


@pytest.mark.django_db
def test_admin__connection_page_shows_the_newer_cause(admin_client: Client, ended: Connection) -> None:
    page = admin_client.get(f"/admin/lifecycle/connection/{ended.id}/change/")
    assert page.status_code == 200
    assert NEW.capitalize() in page.content.decode()


@pytest.mark.django_db
def test_dashboard__page_opens(admin_client: Client, ended: Connection) -> None:
    assert admin_client.get("/dashboard/").status_code == 200


def test_reading__of_a_newer_process_keeps_its_counts(recording: Process, tmp_path: Path) -> None:
    plain = readings.to_plain(readings.read(recording))
    tally = recording.recorder.tally.endpoint("ws/chat/")
    tally.ends["1006", NEW] = 3
    plain["endpoints"]["ws/chat/"] = readings.plain_tally(tally)
    path = tmp_path / "reading.json"
    path.write_text(json.dumps(plain))
    found = readings.load(path)
    assert found is not None
    counts = found.endpoints["ws/chat/"]
    assert (counts.disconnects, counts.closed) == ({NEW: 3}, {("1006", "unknown"): 3})
