"""Every query of the page's history and of the housekeeping goes by an index, on both databases."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.integration.servers import ROOT

pytestmark = pytest.mark.slow

#: Enough for PostgreSQL to prefer an index; the benchmark itself takes a million.
ROWS = 50_000


def test_queries__read_no_table_whole() -> None:
    command = [sys.executable, "-m", "benchmarks.query_plans", "--rows", str(ROWS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nPostgreSQL, " in done.stdout
