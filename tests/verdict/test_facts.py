"""The facts of one connection: its ID, times and durations."""

from __future__ import annotations

import time
import uuid

import pytest

from lifecycle.verdict.facts import Facts, new_id
from tests.factories import make_facts

#: The most seconds that may pass between two lines of a test.
TOLERANCE = 10.0


def test_new_id__is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_new_id__starts_with_the_current_time_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_new_id__later_ids_sort_after_earlier_ids() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id())
        time.sleep(0.002)  # IDs sort by millisecond
    assert ids == sorted(ids)


def test_new_id__is_unique() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_now__continues_from_the_time_of_the_handshake() -> None:
    facts = make_facts(opened_at=1_700_000_000.0)
    assert facts.now() == pytest.approx(1_700_000_000.0, abs=TOLERANCE)


def test_opened_at__is_the_current_system_time() -> None:
    before = time.time()
    assert before <= Facts().opened_at <= time.time()


def test_silence__starts_at_the_last_message() -> None:
    facts = make_facts(opened_at=1.0, accepted_at=2.0, last_received_at=10.0, ended_at=15.0)
    assert facts.silence() == 5.0


def test_silence__without_a_message_starts_at_the_accept() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0, ended_at=15.0).silence() == 13.0


def test_silence__without_an_accept_starts_at_the_handshake() -> None:
    assert make_facts(opened_at=1.0, ended_at=15.0).silence() == 14.0


def test_silence__of_an_open_connection_is_zero() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0).silence() == 0.0


def test_handshake_seconds__are_from_the_request_to_the_accept() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.5).handshake_seconds() == 1.5
    assert make_facts(opened_at=1.0).handshake_seconds() == 0.0


def test_duration__is_from_accept_to_end() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0, ended_at=15.0).duration() == 13.0


def test_duration__of_a_refused_connection_is_none() -> None:
    assert make_facts(opened_at=1.0, ended_at=15.0).duration() is None


def test_duration__of_an_open_connection_is_none() -> None:
    assert make_facts(opened_at=1.0, accepted_at=2.0).duration() is None


def test_facts__two_connections_are_never_equal() -> None:
    facts = make_facts(id="the same", opened_at=1.0)
    assert facts != make_facts(id="the same", opened_at=1.0)
    assert len({facts, facts}) == 1
