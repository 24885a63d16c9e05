"""The time to read each range of the history from rollups, compared with reading it from rows.

Fills a database with a month of rows, builds the rollups, and prints the time of each range, its ratio to the same
read from rows, and how long the building took.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.query_plans import DATABASES
from benchmarks.server import data_dir, python
from benchmarks.writer_rate import NO_POSTGRES, postgres


def main() -> int:
    """Print a table for each database; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000, help="connections in the database")
    parser.add_argument("--reads", type=int, default=30, help="reads of each range")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    options = parser.parse_args()
    with postgres() as address:
        for name in options.databases:
            url = "" if name == "SQLite" else address
            if name == "SQLite" or url:
                show(name, options.rows, options.reads, url)
            else:
                print(NO_POSTGRES, file=sys.stderr)
    return 0


def show(name: str, rows: int, reads: int, url: str) -> None:
    """Measure one database in a separate process, which reads its own settings; print the table."""
    with data_dir() as folder:
        arguments = ("-m", "benchmarks.history_rows", str(rows), str(reads))
        found = json.loads(python(*arguments, folder=folder, DATABASE_URL=url).stdout)
    print(f"\n{name}, {rows:,} connections in 30 days; rollups built in {found['build_s']:.0f} s")
    print(f"{found['rollup_rows']:,} rollup rows, {found['rollup_rows'] / 30:,.0f} per day of 30")
    print(f"{'range':>6} {'p50 ms':>9} {'p95 ms':>9} {'from rows':>11} {'ratio':>7}")
    for read in found["ranges"]:
        print(
            f"{read['range']:>6} {read['p50']:>9.1f} {read['p95']:>9.1f} {read['rows']:>11.1f} "
            f"{read['rows'] / read['p50']:>7.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
