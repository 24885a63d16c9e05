"""The facts of one connection: its id, its clocks, its silence."""

from __future__ import annotations

import time
import uuid

import pytest

from lifecycle.verdict.facts import Facts, new_id
from tests.factories import make_facts

#: Seconds that may pass between two lines.
TOLERANCE = 10.0


def test_new_id__is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_new_id__begins_with_the_milliseconds_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_new_id__later_ones_sort_later() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id())
        time.sleep(0.002)  # ids are ordered by millisecond
    assert ids == sorted(ids)


def test_new_id__is_never_the_same_twice() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_now__goes_on_from_the_handshake_whatever_the_system_says_since() -> None:
    facts = make_facts(opened_at=1_700_000_000.0)
    assert facts.now() == pytest.approx(1_700_000_000.0, abs=TOLERANCE)


def test_opened_at__is_now_by_the_systems_clock() -> None:
    before = time.time()
    assert before <= Facts().opened_at <= time.time()


def test_silence__counts_from_the_last_message() -> None:
    facts = make_facts(opened_at=1.0, accepted_at=2.0, last_received_at=10.0, ended_at=15.0)
    assert facts.silence() == 5.0


def test_silence__without_a_message_counts_from_accept() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0, ended_at=15.0).silence() == 13.0


def test_silence__without_an_accept_counts_from_the_handshake() -> None:
    assert make_facts(opened_at=1.0, ended_at=15.0).silence() == 14.0


def test_silence__of_what_has_not_ended_is_none_yet() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0).silence() == 0.0


def test_handshake_seconds__are_from_the_request_to_the_accept() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.5).handshake_seconds() == 1.5
    assert make_facts(opened_at=1.0).handshake_seconds() == 0.0


def test_duration__is_from_accept_to_end() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0, ended_at=15.0).duration() == 13.0


def test_duration__of_a_refusal_is_none() -> None:
    assert make_facts(opened_at=1.0, ended_at=15.0).duration() is None


def test_duration__of_what_is_open_is_none() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0).duration() is None


def test_facts__two_connections_are_never_equal() -> None:
    one = make_facts(id="the same", opened_at=1.0)
    assert one != make_facts(id="the same", opened_at=1.0)
    assert len({one, one}) == 1
