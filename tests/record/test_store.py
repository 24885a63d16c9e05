"""Writing events to the database: folded, replayed, out of order, and invalid."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from lifecycle.models import ClientReport, Connection
from lifecycle.record import store
from lifecycle.record.events import Event, accept_event, returned_event
from lifecycle.record.lines import encode
from lifecycle.record.upsert import ROWS
from lifecycle.server import lost_processes
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, new_id
from tests.factories import LOST, PROCESS, accepted, changed, ended, facts, hello, life, opened

pytestmark = pytest.mark.django_db

STARTED_AT = 1_700_000_000.0


def a_socket(**values: object) -> Facts:
    """Return the facts of a handshake at a fixed time."""
    return facts(opened_at=STARTED_AT, **values)


def row(known: Facts) -> Connection:
    """Return the row of a connection."""
    return Connection.objects.get(id=known.id)


def columns() -> list[dict[str, Any]]:
    """Return all columns of all connections."""
    return list(Connection.objects.order_by("id").values())


def segment(folder: Path, events: list[Event], suffix: bytes = b"") -> Path:
    """Write a sealed segment with these events, followed by ``suffix``, and return its path."""
    path = folder / "000000000001.log"
    path.write_bytes(b"".join(encode(event) for event in events) + suffix)
    return path


def test_save__all_events_of_a_connection_make_one_closed_row() -> None:
    known = a_socket()
    store.save(life(known))
    found = row(known)
    assert (found.state, found.cause, found.initiator, found.close_code) == (
        "closed",
        "client_normal",
        "client",
        1000,
    )
    assert (found.endpoint, found.path, found.client_ip) == ("ws/chat/<str:room>/", "/ws/chat/blue/", "192.0.2.1")
    assert (found.user_id, found.process_id, found.subprotocol) == (7, UUID(PROCESS), "v1")
    assert (found.messages_in, found.bytes_in) == (3, 30)
    assert found.opened_at == datetime.fromtimestamp(STARTED_AT, UTC)
    assert found.duration is not None
    assert found.duration.total_seconds() == 10


def test_save__handshake_alone_is_an_open_row() -> None:
    known = a_socket()
    store.save([opened(known)])
    assert (row(known).state, row(known).endpoint, row(known).accepted_at) == ("open", "unmatched", None)


def test_save__accept_sets_columns_that_are_unknown_at_the_handshake() -> None:
    known = a_socket()
    store.save([opened(known)])
    store.save([accepted(known)])
    found = row(known)
    assert (found.state, found.endpoint, found.user_id, found.subprotocol) == (
        "open",
        "ws/chat/<str:room>/",
        7,
        "v1",
    )


def test_save__refused_connection_is_rejected_without_a_code() -> None:
    known = a_socket(sent_code=4403)
    store.save([opened(known), ended(known, Verdict(Cause.REJECTED, None))])
    found = row(known)
    assert (found.state, found.cause, found.close_code, found.sent_code) == ("rejected", "rejected", None, 4403)


def test_replay__of_all_events_changes_nothing() -> None:
    old, new, still_open = a_socket(), a_socket(), a_socket()
    events = [
        *life(old, LOST)[:2],
        hello(old, "tab-1"),
        ended(old, LOST),
        *life(new)[:2],
        hello(new, "tab-1", previous=old),
        opened(still_open),
        accepted(still_open),
    ]
    store.save(events)
    before, reports = columns(), list(ClientReport.objects.order_by("id").values())
    store.save(events)
    assert (columns(), list(ClientReport.objects.order_by("id").values())) == (before, reports)
    assert len(before) == 3


@pytest.mark.parametrize("cut", range(1, 7))
def test_replay__of_some_events_changes_nothing(cut: int) -> None:
    old, new = a_socket(), a_socket()
    events = [*life(old, LOST)[:2], hello(old, "tab-1"), ended(old, LOST), *life(new)[:2]]
    events += [hello(new, "tab-1", previous=old), ended(new)]
    for event in events:
        store.save([event])
    before = columns()
    store.save(events[:cut])
    assert columns() == before


@pytest.mark.parametrize("together", [True, False], ids=["one segment", "two segments"])
@pytest.mark.parametrize("late", [opened, accepted], ids=["open", "accept"])
def test_order__late_open_or_accept_does_not_undo_the_end(late: Any, together: bool) -> None:  # noqa: ANN401
    known = a_socket()
    first = opened(known)
    end = life(known)[-1]
    store.save([end])
    before = columns()
    late_event = first if late is opened else accept_event(known, PROCESS)
    store.save([end, late_event] if together else [late_event])
    assert columns() == before


@pytest.mark.parametrize("together", [True, False], ids=["one segment", "two segments"])
def test_order__late_open_does_not_undo_the_accept(together: bool) -> None:
    known = a_socket()
    first, second = opened(known), accepted(known)
    store.save([second])
    before = columns()
    store.save([second, first] if together else [first])
    assert columns() == before


def test_end__replaces_an_estimated_process_lost() -> None:
    known = a_socket()
    store.save([opened(known), accepted(known)])
    lost_processes.end_connections(UUID(PROCESS), datetime.fromtimestamp(STARTED_AT + 5, UTC))
    assert (row(known).cause, row(known).exact) == ("process_lost", False)
    store.save([ended(known)])
    found = row(known)
    assert (found.cause, found.close_code, found.exact) == ("client_normal", 1000, True)
    assert found.closed_at == datetime.fromtimestamp(STARTED_AT + 11, UTC)


def test_end__is_not_replaced_by_a_later_process_lost() -> None:
    known = a_socket()
    store.save(life(known))
    assert lost_processes.end_connections(UUID(PROCESS), datetime.fromtimestamp(STARTED_AT + 99, UTC)) == 0
    assert row(known).cause == "client_normal"


def test_write_segment__counts_damaged_lines_and_writes_the_rest(tmp_path: Path) -> None:
    known = a_socket()
    path = segment(tmp_path, life(known), suffix=b"damaged\n" + encode({"e": "open"})[:9])
    assert store.write_segment(path) == 2
    assert row(known).state == "closed"
    assert path.exists()


def test_write_segment__skips_events_with_the_wrong_number_of_values(tmp_path: Path) -> None:
    known = a_socket()
    opening, end = opened(a_socket()), ended(a_socket())
    path = segment(tmp_path, [*life(known), opening[:-1], [*end, None], ["report", new_id()], ["later", "1"]])
    assert store.write_segment(path) == 4
    assert [str(saved.id) for saved in Connection.objects.all()] == [known.id]


def test_write_segment__invalid_end_does_not_hide_the_accept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known = a_socket()
    *before, end = life(known)
    assert store.write_segment(segment(tmp_path, [*before, end[:-2]])) == 1
    assert "Skipped 1 events of an unknown format" in caplog.messages
    assert (row(known).state, row(known).endpoint) == ("open", "ws/chat/<str:room>/")


def test_write_segment__end_of_the_previous_release_is_a_whole_row(tmp_path: Path) -> None:
    known = a_socket()
    *before, end = life(known)
    # That release had no ``application_ended_at``.
    assert store.write_segment(segment(tmp_path, [*before, end[:-1]])) == 0
    assert (row(known).state, row(known).cause, row(known).application_ended_at) == (
        "closed",
        "client_normal",
        None,
    )


def test_write_segment__application_that_returned_is_in_the_row_of_the_open_connection(tmp_path: Path) -> None:
    known = a_socket()
    *before, end = life(known)
    known.application_ended_at = known.opened_at + 1
    returned = returned_event(known, PROCESS)
    assert store.write_segment(segment(tmp_path, [*before, returned])) == 0
    assert row(known).state == "open"
    ended_at = row(known).application_ended_at
    assert ended_at is not None
    # The accept may be written again, after a crash.
    store.save([before[-1]])
    store.save([changed(end, application_ended_at=known.application_ended_at), returned])
    assert (row(known).state, row(known).application_ended_at) == ("closed", ended_at)


@pytest.mark.parametrize("number", [1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 2])
def test_write_segment__writes_as_many_rows_as_there_are_connections(tmp_path: Path, number: int) -> None:
    sockets = [a_socket() for _ in range(number)]
    for turn in range(2):
        events = [event for known in sockets for event in (life(known) if turn else life(known)[:2])]
        assert store.write_segment(segment(tmp_path, events)) == 0
        assert Connection.objects.filter(state="closed" if turn else "open").count() == number
    saved_ids = {str(saved_id) for saved_id in Connection.objects.values_list("id", flat=True)}
    assert saved_ids == {known.id for known in sockets}


INVALID: dict[str, dict[str, Any]] = {
    "number out of range": {"messages_in": -1},
    "no endpoint": {"endpoint": None},
    "no time": {"opened_at": "yesterday"},
    "time out of range": {"opened_at": 1e300},
}


@pytest.mark.parametrize("invalid", INVALID.values(), ids=INVALID)
def test_write_segment__invalid_event_does_not_affect_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, invalid: dict[str, Any]
) -> None:
    first, bad, last = a_socket(), a_socket(), a_socket()
    refused = changed(life(bad)[-1], **invalid)
    assert store.write_segment(segment(tmp_path, [*life(first), refused, *life(last)])) == 1
    assert [row(known).state for known in (first, last)] == ["closed", "closed"]
    assert not Connection.objects.filter(id=bad.id).exists()
    # PostgreSQL's driver may log messages too.
    [record] = [record for record in caplog.records if record.name == "lifecycle"]
    assert (record.levelno, bad.id in record.getMessage()) == (logging.ERROR, True)


def test_write_segment__invalid_report_does_not_affect_rows(tmp_path: Path) -> None:
    known = a_socket()
    kind, report_id, values = hello(known, "tab-1")
    report = kind, report_id, {**values, "at": None}
    assert store.write_segment(segment(tmp_path, [*life(known), report])) == 1
    assert row(known).state == "closed"


def test_write_segment__large_segment_is_written_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.folders.PIECE_SIZE", 2 * len(encode(opened(a_socket()))))
    events = [event for _ in range(5) for event in life(a_socket())]
    told: list[bool] = []
    path = segment(tmp_path, events, suffix=b"garbage")
    assert store.write_segment(path, lambda: told.append(Connection.objects.exists())) == 1
    assert set(Connection.objects.values_list("state", flat=True)) == {"closed"}
    assert Connection.objects.count() == 5
    assert told[0] is False
    assert any(told), "a piece is written before the next is read"


def test_write_segment__raises_in_an_outage_and_writes_nothing(tmp_path: Path) -> None:
    known = a_socket()
    path = segment(tmp_path, [*life(known), hello(known, "tab-1")])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lifecycle_clientreport RENAME TO away")
    with pytest.raises(DatabaseError):
        store.write_segment(path)
    assert columns() == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE away RENAME TO lifecycle_clientreport")
    assert store.write_segment(path) == 0
    assert row(known).tab_id == "tab-1"


def test_write_segment__needs_few_statements_for_many_connections(
    tmp_path: Path,
    django_assert_max_num_queries: Any,  # noqa: ANN401
) -> None:
    events = [event for _ in range(300) for event in life(a_socket())]
    path = segment(tmp_path, events)
    with django_assert_max_num_queries(10):
        store.write_segment(path)
    assert Connection.objects.count() == 300


def test_save__deleted_user_does_not_prevent_the_write() -> None:
    user = User.objects.create_user("somebody")
    known = a_socket()
    *before, end = life(known)
    events = [*before, changed(end, user_id=str(user.pk))]
    user.delete()
    store.save(events)
    assert row(known).user_id is not None
