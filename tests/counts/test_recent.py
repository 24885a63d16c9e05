"""Rates per second and ten-second buckets."""

from __future__ import annotations

from collections import Counter

from lifecycle.counts.recent import BUCKET_SECONDS, BUCKETS
from lifecycle.counts.tally import Tally
from tests.counts.test_tally import LOST, NOW, REFUSED, open_and_close


def test_rates__cover_the_last_ten_whole_seconds() -> None:
    tally = Tally()
    for second in range(20):
        open_and_close(tally, "ws/chat/", now=NOW + second)
        tally.accepted("ws/chat/", 0.0, NOW + second)
        tally.rejected("ws/chat/", REFUSED, NOW + second)
    assert tally.rates(NOW + 20) == {"ws/chat/": (2.0, 1.0, 1.0)}
    assert tally.rates(NOW + 25) == {"ws/chat/": (1.0, 0.5, 0.5)}
    assert tally.rates(NOW + 40) == {}


def test_rates__do_not_count_the_current_second() -> None:
    tally = Tally()
    tally.accepted("ws/chat/", 0.0, NOW + 0.5)
    assert tally.rates(NOW + 0.9) == {}
    assert tally.rates(NOW + 1.0) == {"ws/chat/": (0.1, 0.0, 0.0)}


def test_rates__history_is_discarded_if_the_clock_is_set_back() -> None:
    tally = Tally()
    open_and_close(tally, "ws/chat/", now=NOW + 3600)
    assert tally.rates(NOW) == {}
    tally.accepted("ws/chat/", 0.0, NOW + 0.5)
    assert tally.rates(NOW + 1) == {"ws/chat/": (0.1, 0.0, 0.0)}
    assert [bucket.at for bucket in tally.recent_buckets(NOW + 10, 1e9)] == [int(NOW), int(NOW) + BUCKET_SECONDS]


def test_rates__event_with_a_slightly_older_time_is_counted() -> None:
    tally = Tally()
    tally.accepted("ws/chat/", 0.0, NOW + 5)
    tally.accepted("ws/chat/", 0.0, NOW + 4)
    assert tally.rates(NOW + 6) == {"ws/chat/": (0.2, 0.0, 0.0)}


def test_buckets__contain_open_connections_and_ends_of_ten_seconds() -> None:
    tally = Tally()
    tally.accepted("ws/a/", 0.0, NOW)
    tally.accepted("ws/a/", 0.0, NOW + 9.9)
    tally.closed("ws/a/", LOST, 1.0, NOW + 10)
    first, second = tally.recent_buckets(NOW + 10, 60)
    assert (first.at, first.open, first.closes, first.abnormal) == (int(NOW), {"ws/a/": 2}, Counter(), 0)
    assert (second.at, second.open) == (int(NOW) + BUCKET_SECONDS, {"ws/a/": 1})
    assert (second.closes, second.abnormal) == ({"network_lost": 1}, 1)


def test_buckets__normal_ends_are_not_abnormal() -> None:
    tally = Tally()
    open_and_close(tally, "ws/a/")
    [bucket] = tally.recent_buckets(NOW, 60)
    assert (bucket.closes, bucket.abnormal) == ({"client_normal": 1}, 0)


def test_buckets__without_events_keep_the_number_of_open_connections() -> None:
    tally = Tally()
    tally.accepted("ws/a/", 0.0, NOW)
    assert tally.recent_buckets(NOW + 30, 5)[-1].open == {"ws/a/": 1}


def test_buckets__cover_only_the_requested_seconds() -> None:
    tally = Tally()
    for number in range(12):
        open_and_close(tally, "ws/a/", now=NOW + 10 * number)
    assert len(tally.recent_buckets(NOW + 115, 30)) == 4


def test_buckets__their_number_is_limited() -> None:
    tally = Tally()
    for number in range(1000):
        open_and_close(tally, "ws/a/", now=NOW + 10 * number)
    assert len(tally.recent_buckets(NOW + 10_000, 1e9)) == BUCKETS
