"""The limits of what the reports of client pages may cost one process."""

from __future__ import annotations

from lifecycle.counts.report_limits import SpoolShare, TokenBucket


def test_bucket__gives_its_capacity_and_refills() -> None:
    bucket = TokenBucket(rate=10.0, capacity=100.0, now=50.0)
    assert [bucket.take(60, 50.0), bucket.take(60, 50.0), bucket.take(40, 50.0)] == [True, False, True]
    assert [bucket.take(11, 51.0), bucket.take(10, 51.0)] == [False, True]
    assert [bucket.take(101, 1000.0), bucket.take(100, 1000.0)] == [False, True]


def test_share__is_limited_over_all_waiting_segments() -> None:
    share = SpoolShare()
    for segment in ("1", "2"):
        assert share.fits(40, 100, {"1", "2"})
        share.add(segment, 40)
    assert (share.fits(20, 100, {"1", "2"}), share.fits(21, 100, {"1", "2"})) == (True, False)


def test_share__is_free_again_when_a_segment_was_written() -> None:
    share = SpoolShare()
    share.add("1", 90)
    assert not share.fits(20, 100, {"1", "2"})
    assert share.fits(20, 100, {"2"})
    assert (share.total, dict(share.sizes)) == (0, {})
