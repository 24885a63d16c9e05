"""The recent ends from the database, and how the live picture uses them."""

from __future__ import annotations

import time

import pytest

from dashboard.live import hub, look_back
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause
from tests.dashboard.test_history import life
from tests.dashboard.test_hub import Viewer
from tests.dashboard.test_merge import NOW, merged, snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def test_read__counts_the_ends_of_five_minutes_and_lists_the_latest_first() -> None:
    life(NOW - 900, NOW - 301)
    life(NOW - 200, NOW - 100)
    lost = life(NOW - 200, NOW - 50, cause=Cause.PROCESS_LOST, close_code=1006)
    life(None, NOW - 20, state="rejected", cause=Cause.REJECTED, close_code=None)
    life(NOW - 10)
    recent = look_back.read(NOW)
    assert (recent["closes_5m"], recent["abnormal_5m"]) == (2, 1)
    assert [end["cause"] for end in recent["ends"]] == [
        "rejected",
        "process_lost",
        "client_normal",
        "client_normal",
    ]
    assert recent["ends"][1] == {
        "id": str(lost.id),
        "at": NOW - 50,
        "endpoint": "ws/chat/",
        "state": "closed",
        "code": 1006,
        "cause": "process_lost",
        "initiator": "server",
        "duration_s": 150.0,
    }


def test_read__lists_the_refusals_at_the_dashboard_but_not_its_viewers() -> None:
    life(NOW - 200, NOW - 100, endpoint="ws/dashboard/")
    life(None, NOW - 20, endpoint="ws/dashboard/", state="rejected", cause=Cause.REJECTED, close_code=None)
    found = look_back.read(NOW)
    assert (found["closes_5m"], [end["cause"] for end in found["ends"]]) == (0, ["rejected"])


async def test_look_back__queries_only_while_there_are_viewers(recording: Process) -> None:
    feed = hub.current()
    assert await look_back.look_back(recording) is False
    assert feed.recent is None
    feed.viewers.add(Viewer())
    assert await look_back.look_back(recording) is True
    assert await look_back.look_back(recording) is False
    assert feed.recent == {"closes_5m": 0, "abnormal_5m": 0, "ends": []}
    assert time.monotonic() - feed.looked_back_at < look_back.PAUSE_SECONDS


def end(name: str, at: float) -> dict[str, object]:
    """Return the fields of an end that the merge uses."""
    return {"id": name, "at": at}


def test_picture__includes_the_ends_of_processes_that_are_gone() -> None:
    recent = {"closes_5m": 7, "abnormal_5m": 6, "ends": [end("a", NOW - 9), end("b", NOW - 3)]}
    live = snapshot("web", closes_5m=2, abnormal_5m=0, ends=[end("b", NOW - 3), end("c", NOW - 1)])
    picture = merged(live, recent=recent)
    assert (picture["totals"]["closes_5m"], picture["totals"]["abnormal_5m"]) == (7, 6)
    assert [row["id"] for row in picture["ends"]] == ["c", "b", "a"]


def test_picture__uses_the_counts_of_the_snapshots_if_they_have_more_ends() -> None:
    live = snapshot("web", closes_5m=9, abnormal_5m=1)
    totals = merged(live, recent={"closes_5m": 7, "abnormal_5m": 6, "ends": []})["totals"]
    assert (totals["closes_5m"], totals["abnormal_5m"]) == (9, 1)
