"""The number of database queries must not grow with the number of connections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from lifecycle.models import ClientReport, Connection
from lifecycle.record import store
from lifecycle.record.events import Event, report_event
from lifecycle.record.lines import encode
from lifecycle.server import heartbeat, housekeeping, lost_processes
from lifecycle.server.process import Process
from lifecycle.verdict.facts import new_id
from tests.factories import facts, hello, life, process_row

pytestmark = pytest.mark.django_db

FEW, MANY = 10, 500


def events_with_reports(process_id: str) -> list[Event]:
    """Return all events of a connection whose page reports its status and its previous connection."""
    known = facts()
    reports = [
        hello(known, new_id(), previous=facts()),
        report_event(known, "status", known.opened_at, state="hidden", note=""),
    ]
    opened, accepted, ended = life(known, process_id=process_id)
    return [opened, accepted, *reports, ended]


def save_open(number: int, process_id: object) -> None:
    """Save some open connections of a process."""
    store.save([event for _ in range(number) for event in life(process_id=process_id)[:2]])


def queries(call: Callable[[], object]) -> int:
    """Return the number of database queries that a call makes."""
    with CaptureQueriesContext(database) as seen:
        call()
    return len(seen)


def test_write_segment__number_of_queries_does_not_grow(tmp_path: Path) -> None:
    counts = []
    for number in (FEW, MANY, 2 * MANY):
        connections = [events_with_reports(new_id()) for _ in range(number)]
        # A mix of handshakes, accepted connections and ended connections.
        mixed = [event for events in connections[::3] for event in events[:1]]
        mixed += [event for events in connections[1::3] for event in events[:4]]
        mixed += [event for events in connections[2::3] for event in events]
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"".join(map(encode, mixed)))
        counts.append(queries(lambda path=path: store.write_segment(path)))
    few, many, more = counts
    # At most two queries for each of four kinds of rows, two updates for hellos, one for the marks of the changed
    # minutes, one for the process, and two for the transaction.
    assert few <= many == more <= 14
    assert Connection.objects.count() == FEW + 3 * MANY
    assert ClientReport.objects.filter(kind="hello").count() > MANY / 2


def test_heartbeat__number_of_queries_does_not_grow(recording: Process) -> None:
    holder = UUID(recording.identity.id)

    def beat() -> None:
        heartbeat.beat(recording.identity)
        housekeeping.keep_house(holder)

    beat()
    counts = []
    for number in (FEW, MANY):
        save_open(number, recording.identity.id)
        counts.append(queries(beat))
    assert counts[0] == counts[1] <= 8


def test_end_lost_processes__number_of_queries_does_not_grow() -> None:
    counts = []
    for number in (FEW, MANY):
        save_open(number, process_row(silent_seconds=3600).id)
        counts.append(queries(lost_processes.end_lost_processes))
    assert counts[0] == counts[1] <= 14
    assert Connection.objects.filter(cause="process_lost").count() == FEW + MANY


def test_migrations__match_the_models() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
