"""Every query of the page's history and of the housekeeping uses an index, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.integration.servers import ROOT
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

#: Enough for PostgreSQL to prefer an index; the benchmark itself takes a million.
ROWS = 50_000


def test_queries__read_no_table_whole(shared_postgres: Postgres) -> None:
    command = [sys.executable, "-m", "benchmarks.query_plans", "--rows", str(ROWS)]
    # Without an address, the benchmark starts a PostgreSQL that adds a user to the system when root runs it.
    environment = {**os.environ, "BENCHMARK_DATABASE_URL": shared_postgres.create("query_plans")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nPostgreSQL, " in done.stdout
