"""The record asks the database as often for hundreds of connections as for ten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lifecycle.models import ClientReport, Connection, ServerProcess
from lifecycle.record import store
from lifecycle.record.events import Event, accept_event, end_event, open_event, report_event
from lifecycle.record.lines import encode
from lifecycle.server import heartbeat, housekeeping, lost_processes
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, new_id

pytestmark = pytest.mark.django_db

FEW, MANY = 10, 500


def life(process_id: str) -> list[Event]:
    """Return all that can be told of one connection: what the page says of itself and of the one before, too."""
    facts = Facts(endpoint="ws/status/", tab_id=new_id())
    opened = open_event(facts, process_id)
    facts.accepted_at = facts.opened_at + 0.01
    accepted = accept_event(facts, process_id)
    seen = {"previous_code": 1006, "previous_reason": "", "previous_clean": False, "offline_ms": 3200}
    hello = report_event(facts, "hello", facts.opened_at, page="/", previous_id=new_id(), **seen)
    status = report_event(facts, "status", facts.opened_at, state="hidden", note="")
    facts.ended_at = facts.opened_at + 1
    ended = end_event(facts, Verdict(Cause.CLIENT_NORMAL, 1000), process_id)
    return [opened, accepted, hello, status, ended]


def spoken_to(number: int, process_id: str) -> None:
    """Leave this many open connections of a process in the database."""
    store.save([event for _ in range(number) for event in life(process_id)[:2]])


def lost_process() -> ServerProcess:
    """Return a process that has been silent for an hour."""
    past = timezone.now() - timedelta(hours=1)
    return ServerProcess.objects.create(host="web-1", pid=42, started_at=past, heartbeat_at=past)


def queries(call: Callable[[], object]) -> int:
    """Return how often a call asks the database."""
    with CaptureQueriesContext(database) as seen:
        call()
    return len(seen)


def test_batch__asks_no_more_often_however_many_connections_it_has(tmp_path: Path) -> None:
    counts = []
    for number in (FEW, MANY, 2 * MANY):
        events = [life(new_id()) for _ in range(number)]
        # Each kind of row at once: some only begun, some accepted, some at their end.
        mixed = [event for one in events[::3] for event in one[:1]]
        mixed += [event for one in events[1::3] for event in one[:4]]
        mixed += [event for one in events[2::3] for event in one]
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"".join(map(encode, mixed)))
        counts.append(queries(lambda path=path: store.write_segment(path)))
    few, many, more = counts
    # At most two for each of four kinds of rows, the two updates of hellos, and those around the transaction.
    assert few <= many == more <= 12
    assert Connection.objects.count() == FEW + 3 * MANY
    assert ClientReport.objects.filter(kind="hello").count() > MANY / 2


def test_heartbeat__with_many_connections_asks_as_often_as_with_few(recording: Process) -> None:
    holder = UUID(recording.id)

    def beat() -> None:
        heartbeat.beat(recording)
        housekeeping.keep_house(holder)

    beat()
    counts = []
    for number in (FEW, MANY):
        spoken_to(number, recording.id)
        counts.append(queries(beat))
    assert counts[0] == counts[1] <= 8


def test_housekeeping__of_a_process_with_many_connections_asks_as_often_as_of_one_with_few() -> None:
    counts = []
    for number in (FEW, MANY):
        spoken_to(number, str(lost_process().id))
        counts.append(queries(lost_processes.end_lost_processes))
    assert counts[0] == counts[1] <= 6
    assert Connection.objects.filter(cause="process_lost").count() == FEW + MANY


def test_migrations__are_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
