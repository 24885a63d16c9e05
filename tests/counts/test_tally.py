"""The counts of one process: every copy is consistent, and the number of labels is limited."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lifecycle.counts.histograms import DURATION_EDGES, Histogram
from lifecycle.counts.tally import Tally
from lifecycle.verdict.causes import Cause, Verdict

NOW = 1_700_000_000.0
NORMAL = Verdict(Cause.CLIENT_NORMAL, 1000)
LOST = Verdict(Cause.NETWORK_LOST, 1006)
REFUSED = Verdict(Cause.REJECTED, None)


def open_and_close(tally: Tally, endpoint: str, verdict: Verdict = NORMAL, now: float = NOW) -> None:
    """Count one connection, from accept to end."""
    tally.accepted(endpoint, 0.01, now)
    tally.closed(endpoint, verdict, 3.0, now)


def test_accepted__counts_an_open_connection() -> None:
    tally = Tally()
    tally.accepted("ws/chat/", 0.02, NOW)
    counts = tally.copy_endpoints()["ws/chat/"]
    assert (counts.opened, counts.open, sum(counts.closed.values())) == (1, 1, 0)
    assert counts.handshakes.total == 0.02


def test_closed__is_counted_by_code_initiator_and_cause() -> None:
    tally = Tally()
    open_and_close(tally, "ws/chat/", LOST)
    counts = tally.copy_endpoints()["ws/chat/"]
    assert counts.open == 0
    assert counts.closed == {("1006", "network"): 1}
    assert counts.disconnects == {"network_lost": 1}
    assert counts.durations.total == 3.0


def test_rejected__neither_opens_nor_closes() -> None:
    tally = Tally()
    tally.rejected("ws/chat/", REFUSED, NOW)
    counts = tally.copy_endpoints()["ws/chat/"]
    assert (counts.opened, counts.open, counts.closed, counts.rejected) == (0, 0, {}, {"rejected": 1})


def test_copies__are_always_consistent() -> None:
    tally, done = Tally(), threading.Event()

    def work(number: int) -> None:
        for turn in range(1500):
            open_and_close(tally, f"ws/{number}/", NORMAL, NOW + turn / 100)

    def read() -> int:
        readings = 0
        while not done.is_set():
            for counts in tally.copy_endpoints().values():
                assert counts.opened - sum(counts.closed.values()) == counts.open
                assert sum(counts.closed.values()) == sum(counts.disconnects.values())
                assert sum(counts.durations.counts) == sum(counts.closed.values())
            readings += 1
        return readings

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        for worker in [pool.submit(work, number % 2) for number in range(4)]:
            worker.result()
        done.set()
        assert all(reader.result() for reader in readers)
    assert [counts.opened for counts in tally.copy_endpoints().values()] == [3000, 3000]


def test_copies__do_not_change_with_later_events() -> None:
    tally = Tally()
    open_and_close(tally, "ws/chat/")
    copy = tally.copy_endpoints()["ws/chat/"]
    open_and_close(tally, "ws/chat/")
    tally.round_trip("ws/chat/", 0.1)
    assert (copy.opened, copy.closed, sum(copy.durations.counts), sum(copy.round_trips.counts)) == (
        1,
        {("1000", "client"): 1},
        1,
        0,
    )


def test_closed__codes_that_are_not_configured_share_a_label() -> None:
    tally = Tally([4000, 4001])
    for code in range(3000, 5000):
        open_and_close(tally, "ws/chat/", Verdict(Cause.CLIENT_APPLICATION, code))
    counts = tally.copy_endpoints()["ws/chat/"]
    assert {code for code, _ in counts.closed} == {"4000", "4001", "other"}


def test_endpoints__beyond_the_limit_share_one_label() -> None:
    tally = Tally(endpoint_limit=3)
    for number in range(10):
        open_and_close(tally, f"ws/{number}/")
        tally.rejected(f"ws/{number}/", REFUSED, NOW)
    counts = tally.copy_endpoints()
    assert list(counts) == ["ws/0/", "ws/1/", "ws/2/", "other"]
    assert (counts["other"].opened, counts["other"].open, counts["other"].rejected["rejected"]) == (7, 0, 7)
    assert set(tally.rates(NOW + 1)) == set(counts)


def test_endpoints__connection_ends_under_the_same_label() -> None:
    tally = Tally(endpoint_limit=1)
    tally.accepted("ws/a/", 0.0, NOW)
    tally.accepted("ws/b/", 0.0, NOW)
    tally.closed("ws/a/", NORMAL, 1.0, NOW)
    tally.closed("ws/b/", NORMAL, 1.0, NOW)
    assert {name: counts.open for name, counts in tally.copy_endpoints().items()} == {"ws/a/": 0, "other": 0}


def test_internal_endpoint__is_counted_but_left_out_of_the_buckets() -> None:
    tally = Tally(internal_endpoints=["ws/dashboard/"])
    tally.accepted("monitor/ws/dashboard/", 0.0, NOW)
    tally.closed("monitor/ws/dashboard/", LOST, 1.0, NOW)
    tally.accepted("ws/chat/", 0.0, NOW)
    [bucket] = tally.recent_buckets(NOW, 60)
    assert (bucket.open, bucket.closes, bucket.abnormal) == ({"ws/chat/": 1}, {}, 0)
    assert tally.copy_endpoints()["monitor/ws/dashboard/"].opened == 1


def test_internal_endpoint__there_is_none_by_default() -> None:
    assert not Tally().is_internal("ws/dashboard/")


def test_client_close__is_counted_by_code_and_clean_and_as_a_reconnect() -> None:
    tally = Tally([4400])
    tally.client_close("ws/status/", 1006, clean=False)
    tally.client_close("ws/status/", 4777, clean=True)
    tally.client_close("ws/status/", None, clean=False)
    assert tally.copy_client_closes() == {("1006", "false"): 1, ("other", "true"): 1, ("other", "false"): 1}
    assert tally.copy_endpoints()["ws/status/"].reconnects == 3


def test_round_trip__is_observed_in_seconds() -> None:
    tally = Tally()
    tally.round_trip("ws/status/", 0.03)
    round_trips = tally.copy_endpoints()["ws/status/"].round_trips
    assert (round_trips.total, sum(round_trips.counts)) == (0.03, 1)


@pytest.mark.parametrize(("seconds", "bucket"), [(0.5, 0), (1.0, 0), (1.01, 1), (30.0, 3), (1e9, 18)])
def test_histogram__edge_belongs_to_the_bucket_below(seconds: float, bucket: int) -> None:
    histogram = Histogram(DURATION_EDGES)
    histogram.observe(seconds)
    assert [index for index, count in enumerate(histogram.counts) if count] == [bucket]


@pytest.mark.parametrize("timeout", [30, 60, 100, 300, 600, 3600, 7200, 86400])
def test_duration_edges__lie_on_both_sides_of_each_common_timeout(timeout: int) -> None:
    histogram = Histogram(DURATION_EDGES)
    for seconds in (timeout - 2, timeout, timeout + 2):
        histogram.observe(seconds)
    assert histogram.counts.count(1) == 3


@pytest.mark.parametrize(
    ("endpoint", "internal"),
    [("ws/own/", True), ("prefix/ws/own/", True), ("news/own/", False), ("ws/own/other/", False), ("", False)],
)
def test_is_internal__matches_whole_segments(endpoint: str, internal: bool) -> None:
    assert Tally(internal_endpoints=["ws/own/"]).is_internal(endpoint) is internal
