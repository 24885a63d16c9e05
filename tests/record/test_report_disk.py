"""The reports of anonymous clients cost a bounded number of bytes of disk per second, whatever they contain."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import connection

from lifecycle.record.recorder import Recorder
from lifecycle.record.spool import Spool
from lifecycle.record.store import write_segment
from tests.factories import PROCESS, facts

#: The bound of the growth of the database and the spool, for all anonymous clients together.
BYTES_PER_SECOND = 500_000
#: Seconds of a flood. At its start, the limit allows the reports of 32 seconds at once.
SECONDS = 60
#: Reports per second of the flood: much more than are recorded.
RATE = 500
SMALL, LARGE = {"state": "s"}, {"state": "s" * 32, "note": "n" * 200}


def database_bytes() -> int:
    """Return the size of the test database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [SMALL, LARGE], ids=["small", "large"])
def test_reports__of_a_flood_cost_at_most_half_a_megabyte_per_second(
    columns: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(PROCESS, Spool(tmp_path / PROCESS, 2**30))
    now = time.monotonic()
    monkeypatch.setattr("lifecycle.record.recorder.time.monotonic", lambda: now)
    known, before, spooled = facts(), database_bytes(), 0
    for _ in range(SECONDS):
        for _ in range(RATE):
            recorder.reported(known, "status", **columns)
        now += 1
        assert recorder.spool
        for path in recorder.spool.seal():
            spooled = max(spooled, path.stat().st_size)
            write_segment(path)
            recorder.spool.discard(path)
    assert recorder.skipped_reports > 0
    growth = database_bytes() - before
    assert 0 < growth + spooled < BYTES_PER_SECOND * SECONDS
