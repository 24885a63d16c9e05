"""Housekeeping, which one process does for the whole cluster."""

from __future__ import annotations

from uuid import UUID

import pytest

from lifecycle.models import Connection
from lifecycle.record import store
from lifecycle.server import housekeeping, lost_processes
from lifecycle.verdict.facts import new_id
from tests.factories import life, process_row

pytestmark = pytest.mark.django_db


def test_keep_house__is_done_by_one_process_at_a_time() -> None:
    holder, other = UUID(new_id()), UUID(new_id())
    lost = process_row(silent_seconds=3600)
    assert housekeeping.keep_house(holder) is True
    assert housekeeping.keep_house(other) is False
    assert housekeeping.keep_house(holder) is True
    lost.refresh_from_db()
    assert lost.end == "lost"


def test_keep_house__ends_connections_that_a_lost_process_wrote_late() -> None:
    process = process_row(silent_seconds=3600)
    lost_processes.end_process(process)
    opened, accepted, _ = life(process_id=process.id)
    store.save([opened, accepted])
    housekeeping.keep_house(UUID(new_id()))
    row = Connection.objects.get()
    assert (row.cause, row.exact) == ("process_lost", False)
