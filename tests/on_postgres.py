"""Runs the tests that use the database on PostgreSQL too: ``make test-postgres``; arguments go to pytest.

A ``DATABASE_URL`` names the server; without one, a server of the tests' own is started.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.postgres import Postgres

#: Tests that start servers choose their database themselves.
SELECTED = "django_db and not slow and not browser"


def main() -> int:
    """Return pytest's exit status."""
    if url := os.environ.get("DATABASE_URL", ""):
        return run(url)
    with Postgres() as server:
        # It goes with all that is in it: there is nothing to tidy up.
        return run(server.url(), "--reuse-db")


def run(url: str, *options: str) -> int:
    """Run the tests on the PostgreSQL at an address, in a database that they make."""
    command = [sys.executable, "-m", "pytest", "-m", SELECTED, *options, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
