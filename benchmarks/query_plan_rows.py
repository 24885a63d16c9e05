"""Fills and measures one database for ``query_plans``: ``python -m benchmarks.query_plan_rows ROWS``."""

from __future__ import annotations

import functools
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models.functions import Now  # noqa: E402

from dashboard import history  # noqa: E402
from lifecycle.conversions import moment  # noqa: E402
from lifecycle.history import building, upkeep  # noqa: E402
from lifecycle.history.windows import RANGES, Window  # noqa: E402
from lifecycle.models import Connection, ServerProcess  # noqa: E402
from lifecycle.record.upsert import Row, upsert  # noqa: E402
from lifecycle.server import heartbeat, housekeeping  # noqa: E402
from lifecycle.server.identity import Identity  # noqa: E402
from lifecycle.verdict.causes import Cause  # noqa: E402
from lifecycle.verdict.facts import new_id  # noqa: E402

#: A month of evenly spread traffic. Each process ran for some hours, and ``AT_ONCE`` processes ran at a time.
SECONDS = 30 * 86_400
PROCESSES = 2_000
AT_ONCE = 6
#: The share of connections that are open now, on the processes that run now.
OPEN_SHARE = 0.005
ENDPOINTS = 20
CAUSES = (Cause.CLIENT_NORMAL, Cause.CLIENT_GOING_AWAY, Cause.NETWORK_LOST, Cause.SERVER_SHUTDOWN)
BATCH = 10_000
CHOSEN = re.compile(r"(?:USING (?:COVERING )?INDEX|Scan(?: Backward)? using|Index Scan on) (\w+)")
#: A plan that reads a whole table.
WHOLE_TABLE = re.compile(r"^(?:SCAN|.*Seq Scan on) (lifecycle_\w+)", re.MULTILINE)
#: A plan that reads an index from its beginning, which means all past rows, or without a key.
WHOLE_PAST = (
    re.compile(r"^SEARCH (lifecycle_\w+) .*\(\w+<\?\)$", re.MULTILINE),
    re.compile(r"Scan (?:using \w+ )?on (lifecycle_\w+)[^\n]*\n\s+Index Cond: \(\w+ <=? [^\n]*\)$", re.MULTILINE),
    re.compile(r"Scan(?: Backward)? using \w+ on (lifecycle_\w+)[^\n]*\n(?!\s+Index Cond)", re.MULTILINE),
)
#: The default of each column.
DEFAULTS = {field.attname: field.get_default() for field in Connection._meta.concrete_fields}
#: Tables with a handful of rows, or whose size does not depend on the number of connections. A long range is best
#: read from all rollups, if there are only those of a month.
SMALL = {
    "lifecycle_endpointends",
    "lifecycle_endpointrollup",
    "lifecycle_ends",
    "lifecycle_processrollup",
    "lifecycle_rollup",
    "lifecycle_changedminute",
    "lifecycle_clientreport",
    "lifecycle_lease",
    "lifecycle_rollupprogress",
    "lifecycle_unstoredrefusals",
}


class Query(NamedTuple):
    """A query as the driver received it, and its duration in seconds."""

    sql: str
    parameters: Any
    seconds: float


def fill(rows: int, now: float) -> None:
    """Write processes and ``rows`` connections; ``now`` is in seconds since the epoch."""
    step = SECONDS / PROCESSES
    processes = [a_process(now - SECONDS + number * step, AT_ONCE * step, now) for number in range(PROCESSES)]
    ServerProcess.objects.bulk_create(processes)
    ids = [str(process.id) for process in processes]
    dice = random.Random(1)  # noqa: S311 - the same rows each time
    for first in range(0, rows, BATCH):
        parts = ((first + number) / rows for number in range(min(BATCH, rows - first)))
        with transaction.atomic():
            batch = [DEFAULTS | a_connection(dice, ids, part, now) for part in parts]
            upsert(Connection, tuple(DEFAULTS), [tuple(row.values()) for row in batch], ("id",))
    collect_statistics()


def collect_statistics() -> None:
    """Collect statistics about all tables, if PostgreSQL is used, which does this itself after a while.

    SQLite never does it, so it plans queries without statistics.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def a_process(began: float, seconds: float, now: float) -> ServerProcess:
    """Return a process that ran for some seconds, or still runs and has just sent a heartbeat."""
    last = moment(min(began + seconds, now))
    over = {"ended_at": last, "end": "stopped"} if began + seconds < now else {}
    return ServerProcess(host="web-1", pid=42, started_at=moment(began), heartbeat_at=last, **over)


def a_connection(dice: random.Random, processes: list[str], part: float, now: float) -> Row:
    """Return a connection that was opened after this ``part`` of the month, from 0 to 1."""
    opened = now - SECONDS * (1 - part)
    row = {
        "id": new_id(),
        "endpoint": f"ws/room/{dice.randrange(ENDPOINTS)}/",
        "path": "/ws/room/",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "opened_at": opened,
        "accepted_at": opened,
    }
    if dice.random() < OPEN_SHARE:
        return {**row, "process_id": dice.choice(processes[-AT_ONCE:])}
    cause = dice.choice(CAUSES)
    return {
        **row,
        "process_id": processes[max(0, int(part * len(processes)) - dice.randrange(AT_ONCE))],
        "state": "closed",
        "cause": cause.value,
        "initiator": cause.initiator.value,
        "close_code": 1000,
        "closed_at": min(now, opened + dice.expovariate(1 / 300)),
    }


def recorded(call: Callable[[], object]) -> list[Query]:
    """Make a call and return its queries."""
    queries = []

    def record(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: object) -> Any:  # noqa: ANN401
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            queries.append(Query(sql, parameters[0] if many else parameters, time.perf_counter() - began))

    with connection.execute_wrapper(record):
        call()
    return [query for query in queries if query.sql.startswith(("SELECT", "UPDATE", "DELETE", "INSERT"))]


def explained(what: str, call: Callable[[], object]) -> Iterator[dict[str, str]]:
    """Yield each query of a call, with its plan and its duration."""
    for number, query in enumerate(recorded(call), 1):
        plan = plan_of(query)
        yield {
            "what": f"{what} {number}",
            "ms": f"{query.seconds * 1000:.1f}",
            "sql": query.sql,
            "plan": plan,
            "by": ", ".join(sorted(set(CHOSEN.findall(plan)))) or "primary key",
            # A query with a limit stops early: it deletes the oldest rows, for example.
            "scans": "" if " LIMIT " in query.sql else ", ".join(sorted(scanned(plan) - SMALL)),
        }


def plan_of(query: Query) -> str:
    """Return the database's plan for a query."""
    explain, column = ("EXPLAIN", 0) if connection.vendor == "postgresql" else ("EXPLAIN QUERY PLAN", 3)
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {query.sql}", query.parameters)
        return "\n".join(row[column] for row in cursor.fetchall())


def scanned(plan: str) -> set[str]:
    """Return the tables that a plan reads as a whole, with or without an index."""
    return {table for pattern in (WHOLE_TABLE, *WHOLE_PAST) for table in pattern.findall(plan)}


def calls(now: float) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the calls that query the database every few seconds, and those after the loss of a process."""
    for name in RANGES:
        yield f"history {name},", functools.partial(history.read, Window.of(name, now), now, name)
    holder = Identity()
    duty = UUID(holder.id)
    yield "history's upkeep,", lambda: upkeep.keep_up(duty)
    yield "first heartbeat,", lambda: heartbeat.beat(holder)
    yield "heartbeat,", lambda: heartbeat.beat(holder)
    running = ServerProcess.objects.filter(ended_at=None)
    running.update(heartbeat_at=Now())
    yield "housekeeping,", lambda: housekeeping.keep_house(duty)
    first = running.order_by("started_at")[0]
    running.filter(id=first.id).update(heartbeat_at=moment(now - 3600))
    yield "housekeeping, a process lost,", lambda: housekeeping.keep_house(duty)
    paused = Identity(id=str(first.id))
    yield "heartbeat, after all,", lambda: heartbeat.beat(paused)


def main() -> None:
    """Fill the database, make all calls, and print their queries as JSON."""
    call_command("migrate", verbosity=0)
    now = time.time()
    fill(int(sys.argv[1]), now)
    building.build(UUID(Identity().id), lambda done: None)
    collect_statistics()
    print(json.dumps([query for what, call in calls(now) for query in explained(what, call)]))


if __name__ == "__main__":
    main()
