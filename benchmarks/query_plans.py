"""Plans and times of every query of the page's history and of the housekeeping, on a million rows.

Exits with 1 where one of them reads a whole table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from benchmarks.server import data_dir, python
from benchmarks.writer_rate import NO_POSTGRES, postgres

DATABASES = ("SQLite", "PostgreSQL")


def found(rows: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield each database's name, and what was found out about its queries."""
    with postgres() as address:
        for name, url in zip(DATABASES, ("", address), strict=True):
            if name == "SQLite" or url:
                yield name, asked(rows, url)
            else:
                print(NO_POSTGRES, file=sys.stderr)


def asked(rows: int, url: str) -> list[dict[str, str]]:
    """Have one database filled and asked, in a process of its own, since settings are read once."""
    with data_dir() as folder:
        arguments = ("-m", "benchmarks.query_plan_rows", str(rows))
        return list(json.loads(python(*arguments, folder=folder, DATABASE_URL=url).stdout))


def main() -> int:
    """Print each query with its time and the indexes that it goes by; return how the command exits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="connections on record")
    parser.add_argument("--plans", action="store_true", help="print whole plans")
    options = parser.parse_args()
    bad = 0
    for name, queries in found(options.rows):
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
