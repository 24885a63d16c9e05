"""Races between the processes of a cluster; each process is a thread with its own database connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from lifecycle.models import Connection, Lease, ServerProcess
from lifecycle.record import store
from lifecycle.server import heartbeat, leases, lost_processes
from lifecycle.server.identity import Identity
from lifecycle.verdict.facts import new_id
from tests.factories import accepted, facts, process_row

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite allows only one writer at a time, so there is no race"
    ),
]

ROUNDS, RACERS, CONNECTIONS = 10, 6, 50


def at_once(calls: Iterable[Callable[[], object]]) -> list[object]:
    """Start all calls at the same moment, each with its own database connection; return their results."""
    calls = list(calls)
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def silent_process() -> ServerProcess:
    """Return a process that has been silent for an hour, with open connections."""
    process = process_row(silent_seconds=3600)
    opened_at = process.heartbeat_at.timestamp() - 60
    store.save([accepted(facts(opened_at=opened_at), process.id) for _ in range(CONNECTIONS)])
    return process


@pytest.mark.parametrize("seconds", [None, -60], ids=["free", "expired"])
def test_hold__concurrent_calls_have_one_winner(seconds: float | None) -> None:
    for number in range(ROUNDS):
        name = f"duty {number}"
        if seconds is not None:
            leases.hold(name, UUID(new_id()), seconds)
        racers = [UUID(new_id()) for _ in range(RACERS)]
        held = at_once(partial(leases.hold, name, racer, 20) for racer in racers)
        assert held.count(True) == 1
        assert Lease.objects.get(name=name).holder == racers[held.index(True)]


def test_end_process__concurrent_calls_have_one_winner() -> None:
    for _ in range(ROUNDS):
        process = silent_process()
        ended = at_once([partial(lost_processes.end_process, process)] * RACERS)
        assert ended.count(True) == 1
        rows = Connection.objects.filter(process_id=process.id)
        assert set(rows.values_list("cause", "closed_at")) == {("process_lost", process.heartbeat_at)}
        assert rows.count() == CONNECTIONS


def test_end_process__concurrent_with_a_heartbeat_leaves_a_consistent_record() -> None:
    for _ in range(ROUNDS):
        row = silent_process()
        paused = Identity(id=str(row.id))
        at_once([partial(lost_processes.end_process, row), partial(heartbeat.beat, paused)])
        # The next heartbeat corrects the record if ``end_process`` ran after the first heartbeat.
        heartbeat.beat(paused)
        row.refresh_from_db()
        states = set(Connection.objects.filter(process_id=row.id).values_list("state", "cause", "exact"))
        assert (row.end, row.ended_at, states) == ("", None, {("open", "", True)})
