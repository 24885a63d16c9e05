"""The picture that is merged from the snapshots of all processes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.contract import LATEST_ENDS, VERSION
from dashboard.live.picture import LISTED_SECONDS, SILENT_SECONDS, Live

NOW = 1_700_000_000.0
GONE, TICK = 20.0, 1.0
CHAT, FEED, DASHBOARD = "ws/chat/", "ws/feed/", "ws/dashboard/"


def counts(open_now: int = 0, *, apart: bool = False, **more: object) -> dict[str, Any]:
    """Return the counts of one endpoint."""
    numbers = dict.fromkeys(
        ("opened", "closed", "refused", "connects_s", "closes_s", "refused_s", "messages_in", "messages_out"), 0
    )
    return {"open": open_now, **numbers, "rtt_ms": None, "apart": apart, **more}


def snapshot(name: str, at: float = NOW, **more: object) -> dict[str, Any]:
    """Return a snapshot of a process."""
    plain = {
        "id": name,
        "host": "web-1",
        "pid": 42,
        "server": "daphne 4.2.3",
        "release": "",
        "started": NOW - 100,
        "at": at,
        "stopping": False,
        "spool": 0,
        "dropped": 0,
        "last_write": None,
        "writing": True,
        "endpoints": {},
        "closes_5m": 0,
        "abnormal_5m": 0,
        "buckets": [],
        "ends": [],
    }
    return {**plain, **more}


def merged(*snapshots: dict[str, Any], now: float = NOW, **how: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the picture after some snapshots arrived, each at its own time."""
    live = Live(GONE, TICK)
    for arrived in snapshots:
        live.store(arrived, arrived["at"])
    return live.picture(now, **how)


def test_picture__without_processes_has_every_field() -> None:
    picture = merged()
    assert (picture["type"], picture["v"], picture["at"]) == ("snapshot", VERSION, NOW)
    assert picture["totals"]["open"] == 0
    assert (picture["endpoints"], picture["processes"], picture["buckets"], picture["ends"]) == ([], [], [], [])
    assert (picture["trust"]["processes"], picture["trust"]["last_write"]) == (0, None)


def test_picture__is_unchanged_after_encoding_as_json() -> None:
    picture = merged(snapshot("a", endpoints={CHAT: counts(3)}))
    assert json.loads(json.dumps(picture)) == picture


def test_endpoints__are_sums_over_all_live_processes() -> None:
    first = snapshot("a", endpoints={FEED: counts(1), CHAT: counts(2, connects_s=0.5, opened=10)})
    second = snapshot("b", endpoints={CHAT: counts(3, connects_s=0.25, opened=5)})
    rows = merged(first, second)["endpoints"]
    assert [(row["endpoint"], row["open"], row["opened"], row["connects_s"]) for row in rows] == [
        (CHAT, 5, 15, 0.75),
        (FEED, 1, 0, 0),
    ]


def test_totals__count_viewers_separately_from_traffic() -> None:
    endpoints = {
        CHAT: counts(2, connects_s=1.0, closes_s=0.5, refused_s=0.1),
        DASHBOARD: counts(4, apart=True, connects_s=9.0, closes_s=9.0),
        "unmatched": counts(0, refused_s=0.2),
    }
    picture = merged(snapshot("a", endpoints=endpoints, closes_5m=10, abnormal_5m=3))
    assert picture["totals"] == {
        "open": 2,
        "viewers": 4,
        "unconfirmed": 0,
        "connects_s": 1.0,
        "closes_s": 0.5,
        "refused_s": 0.3,
        "closes_5m": 10,
        "abnormal_5m": 3,
    }
    assert DASHBOARD not in [row["endpoint"] for row in picture["endpoints"]]
    assert picture["processes"][0]["open"] == 2


def test_totals__refusals_at_an_internal_endpoint_are_not_set_apart() -> None:
    dashboard = counts(
        4, apart=True, opened=9, closed=5, connects_s=9.0, refused=3324, refused_s=300.0, messages_in=7
    )
    picture = merged(
        snapshot("a", endpoints={DASHBOARD: dashboard}), snapshot("b", endpoints={DASHBOARD: dashboard})
    )
    [row] = picture["endpoints"]
    assert (row["endpoint"], row["refused"], row["refused_s"]) == (DASHBOARD, 6648, 600.0)
    assert (row["open"], row["opened"], row["closed"], row["connects_s"], row["messages_in"]) == (0, 0, 0, 0, 0)
    assert (picture["totals"]["refused_s"], picture["totals"]["viewers"]) == (600.0, 8)
    assert (picture["totals"]["open"], picture["totals"]["connects_s"]) == (0, 0)


@pytest.mark.parametrize(
    ("silence", "state"),
    [
        (0.0, "live"),
        (SILENT_SECONDS, "live"),
        (SILENT_SECONDS + 0.1, "silent"),
        (GONE, "silent"),
        (GONE + 0.1, "gone"),
    ],
)
def test_state__depends_on_the_age_of_the_latest_snapshot(silence: float, state: str) -> None:
    picture = merged(snapshot("a", at=NOW - silence))
    assert [row["state"] for row in picture["processes"]] == [state]
    trust = picture["trust"]
    assert [trust["processes"], trust["silent"], trust["gone"]] == [
        int(state == counted) for counted in ("live", "silent", "gone")
    ]


def test_silent__open_connections_are_unconfirmed_and_not_in_the_total() -> None:
    silent = snapshot("a", at=NOW - 10, endpoints={CHAT: counts(7), DASHBOARD: counts(1, apart=True)}, closes_5m=5)
    live = snapshot("b", endpoints={CHAT: counts(2)})
    totals = merged(silent, live)["totals"]
    assert (totals["open"], totals["unconfirmed"], totals["viewers"], totals["closes_5m"]) == (2, 7, 0, 0)


def test_gone__open_connections_are_not_counted() -> None:
    totals = merged(snapshot("a", at=NOW - GONE - 1, endpoints={CHAT: counts(7)}))["totals"]
    assert (totals["open"], totals["unconfirmed"]) == (0, 0)


def test_stopping__process_is_gone_at_once() -> None:
    picture = merged(snapshot("a", stopping=True, endpoints={CHAT: counts(7)}))
    assert (picture["processes"][0]["state"], picture["totals"]["open"]) == ("gone", 0)


def test_gone__process_is_listed_for_a_while_and_then_removed() -> None:
    live = Live(GONE, TICK)
    live.store(snapshot("old"), NOW)
    live.store(snapshot("new"), NOW + GONE + LISTED_SECONDS)
    assert [row["id"] for row in live.picture(NOW)["processes"]] == ["new", "old"]
    live.store(snapshot("new"), NOW + GONE + LISTED_SECONDS + 1)
    assert [row["id"] for row in live.picture(NOW)["processes"]] == ["new"]


def test_store__new_snapshot_of_a_process_replaces_the_old_one() -> None:
    picture = merged(snapshot("a", endpoints={CHAT: counts(1)}), snapshot("a", endpoints={CHAT: counts(5)}))
    assert picture["totals"]["open"] == 5


def test_trust__is_the_sum_over_live_processes() -> None:
    picture = merged(
        snapshot("a", spool=3, dropped=1, last_write=NOW - 5),
        snapshot("b", spool=4, last_write=NOW - 1, writing=False),
        snapshot("c", at=NOW - 10, spool=100, dropped=100),
        feed=False,
    )
    assert picture["trust"] == {
        "processes": 2,
        "silent": 1,
        "gone": 0,
        "spool": 7,
        "dropped": 1,
        "last_write": NOW - 1,
        "writing": False,
        "feed": False,
        "faults": [],
        "unstored": 0,
    }


def test_trust__last_write_is_none_before_the_first_write() -> None:
    assert merged(snapshot("a"))["trust"]["last_write"] is None


def test_buckets__are_sums_oldest_first() -> None:
    early, late = (
        {"t": 10, "open": {CHAT: 1}, "closes": {}},
        {"t": 20, "open": {CHAT: 2}, "closes": {"unknown": 1}},
    )
    other = {"t": 20, "open": {CHAT: 3, FEED: 1}, "closes": {"unknown": 2}}
    buckets = merged(snapshot("a", buckets=[late, early]), snapshot("b", buckets=[other]))["buckets"]
    assert buckets == [
        {"t": 10, "open": {CHAT: 1}, "closes": {}},
        {"t": 20, "open": {CHAT: 5, FEED: 1}, "closes": {"unknown": 3}},
    ]


def test_buckets__of_a_stopped_process_keep_its_ends_but_not_its_open_connections() -> None:
    last = {"t": 20, "open": {CHAT: 9}, "closes": {"server_shutdown": 9}}
    stopped = snapshot("a", stopping=True, buckets=[last])
    live = snapshot("b", buckets=[{"t": 20, "open": {CHAT: 1}, "closes": {}}])
    assert merged(stopped, live)["buckets"] == [{"t": 20, "open": {CHAT: 1}, "closes": {"server_shutdown": 9}}]


def test_ends__are_the_newest_of_all_processes() -> None:
    first = snapshot("a", ends=[{"id": f"a{n}", "at": NOW + n} for n in range(10)])
    second = snapshot("b", ends=[{"id": f"b{n}", "at": NOW + n + 0.5} for n in range(10)])
    ends = merged(first, second)["ends"]
    assert len(ends) == LATEST_ENDS
    assert [end["id"] for end in ends[:4]] == ["b9", "a9", "b8", "a8"]


def test_size__does_not_grow_with_connections() -> None:
    few = merged(snapshot("a", endpoints={CHAT: counts(1)}))
    many = merged(snapshot("a", endpoints={CHAT: counts(9)}))
    assert len(json.dumps(few)) == len(json.dumps(many))


def test_trust__names_each_fault_of_a_live_process_once() -> None:
    old = snapshot("release 0.1 sends no faults")
    faulty = [snapshot("a", faults=["spool"]), snapshot("b", faults=["adoption", "spool"])]
    gone = snapshot("gone", at=NOW - 60, faults=["housekeeping"])
    assert merged(old, *faulty, gone)["trust"]["faults"] == ["adoption", "spool"]


def test_trust__adds_up_the_refusals_without_rows_of_live_processes() -> None:
    old = snapshot("release 0.1 sends none")
    gone = snapshot("gone", at=NOW - 60, unstored=100)
    assert merged(old, snapshot("a", unstored=3), snapshot("b", unstored=4), gone)["trust"]["unstored"] == 7
