"""Plans and durations of all queries of the history, the heartbeat and the housekeeping, on a million rows.

Exits with 1 if a query reads a whole table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from benchmarks.server import data_dir, python
from benchmarks.writer_rate import NO_POSTGRES, postgres

DATABASES = ("SQLite", "PostgreSQL")


def results(rows: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield the name of each database and the results of its queries."""
    with postgres() as address:
        for name, url in zip(DATABASES, ("", address), strict=True):
            if name == "SQLite" or url:
                yield name, explained(rows, url)
            else:
                print(NO_POSTGRES, file=sys.stderr)


def explained(rows: int, url: str) -> list[dict[str, str]]:
    """Run the queries on one database, in a separate process, because each process reads its settings once."""
    with data_dir() as folder:
        arguments = ("-m", "benchmarks.query_plan_rows", str(rows))
        return list(json.loads(python(*arguments, folder=folder, DATABASE_URL=url).stdout))


def main() -> int:
    """Print each query with its duration and the indexes that it uses; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="connections in the database")
    parser.add_argument("--plans", action="store_true", help="print whole plans")
    options = parser.parse_args()
    bad = 0
    for name, queries in results(options.rows):
        print(f"\n{name}, {options.rows:,} connections")
        for query in queries:
            bad += bool(query["scans"])
            by = f"READS ALL OF {query['scans']}" if query["scans"] else query["by"]
            print(f"{float(query['ms']):>9,.1f} ms  {query['what']:<34} {by}")
            if options.plans or query["scans"]:
                print(f"{query['sql']}\n{query['plan']}\n")
    print(f"\n{bad} queries read a whole table" if bad else "\nno query reads a whole table")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
