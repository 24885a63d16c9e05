"""Measures one database for ``writer_rate``: ``python -m benchmarks.writer_rounds ROUNDS CONNECTIONS``."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import override_settings  # noqa: E402

from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.models import Connection  # noqa: E402
from lifecycle.server import current  # noqa: E402

TABLE = Connection._meta.db_table
WARM_UP = 2
CLIENT = (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
SCOPE = {
    "type": "websocket",
    "path": "/ws/echo/",
    "headers": [(b"origin", b"http://127.0.0.1:8000"), CLIENT],
    "client": ["127.0.0.1", 50000],
}
MESSAGES: tuple[dict[str, Any], ...] = (
    {"type": "websocket.connect"},
    {"type": "websocket.receive", "text": "hello"},
    {"type": "websocket.disconnect", "code": 1000},
)


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Accept, echo one message, and receive the disconnect."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": (await receive())["text"]})
    await receive()


async def life(application: Any) -> None:  # noqa: ANN401 - ASGI
    """Send the messages of one connection to an application, as a server does."""
    messages = iter(MESSAGES)

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        pass

    await application(dict(SCOPE), receive, send)


async def drained(application: Any, connections: int) -> float:  # noqa: ANN401 - ASGI
    """Record connections; return how many seconds the writer needs to write their rows."""
    for _ in range(connections):
        await life(application)
    running = current.current()
    assert running is not None  # noqa: S101 - started by the first connection
    assert running.writer is not None  # noqa: S101 - the spool could be opened
    began = time.perf_counter()
    if not await running.writer.drain():
        raise RuntimeError(f"nothing was written to the database: {running.writer.outage}")
    return time.perf_counter() - began


def stored() -> list[Sequence[Any]]:
    """Return all rows as the driver returns them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE}")  # noqa: S608 - our own table
        return cursor.fetchall()


def empty() -> None:
    """Delete all rows."""
    Connection.objects.all().delete()


def inserted(rows: list[Sequence[Any]]) -> float:
    """Insert rows directly with the driver, in one transaction; return how many seconds that took."""
    mark = "?" if connection.vendor == "sqlite" else "%s"
    marks = ", ".join([mark] * len(rows[0]))
    began = time.perf_counter()
    with transaction.atomic():
        connection.connection.cursor().executemany(f"INSERT INTO {TABLE} VALUES ({marks})", rows)  # noqa: S608
    return time.perf_counter() - began


async def one_round(application: Any, connections: int) -> tuple[float, float]:  # noqa: ANN401 - ASGI
    """Write rows with the writer, then insert them directly; return the seconds of the insert and the writer."""
    seconds = await drained(application, connections)
    rows = await asyncio.to_thread(stored)
    if len(rows) != connections:
        raise RuntimeError(f"{len(rows)} rows are in the database, not {connections}")
    await asyncio.to_thread(empty)
    plain = await asyncio.to_thread(inserted, rows)
    await asyncio.to_thread(empty)
    return plain, seconds


async def rounds(number: int, connections: int) -> dict[str, list[float]]:
    """Run ``WARM_UP`` rounds, then ``number`` rounds; return the seconds of both sides in each."""
    application = LifecycleMiddleware(echo)
    for _ in range(WARM_UP):
        await one_round(application, connections)
    durations = [await one_round(application, connections) for _ in range(number)]
    return {"plain": [plain for plain, _ in durations], "drained": [seconds for _, seconds in durations]}


def main() -> None:
    """Run the rounds, with a writer that writes only when ``drain`` is called."""
    from django.conf import settings

    call_command("migrate", verbosity=0)
    with override_settings(LIFECYCLE={**settings.LIFECYCLE, "FLUSH_SECONDS": 3600}):
        print(json.dumps(asyncio.run(rounds(int(sys.argv[1]), int(sys.argv[2])))))


if __name__ == "__main__":
    main()
