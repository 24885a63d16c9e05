"""Runs the whole suite on PostgreSQL too: ``make test-postgres``; arguments go to pytest.

A ``DATABASE_URL`` names the server; without one, a server of the tests' own is started.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.postgres import Postgres

#: The cluster tests always use PostgreSQL.
SELECTED = ["-m", "not one_database", "--ignore", "tests/cluster"]


def main() -> int:
    """Return pytest's exit status."""
    if url := os.environ.get("DATABASE_URL", ""):
        return run(url)
    with Postgres() as server:
        # The server is deleted with all its databases, so pytest need not drop its own.
        return run(server.url(), "--reuse-db")


def run(url: str, *options: str) -> int:
    """Run pytest with this ``DATABASE_URL``; return its exit status."""
    command = [sys.executable, "-m", "pytest", *SELECTED, *options, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
